import { existsSync } from 'node:fs';
import pLimit from 'p-limit';
import { type Connector, connector } from '../hosts/connect.js';
import { observe, type Wish } from '../hosts/observe.js';
import { type Session, Unreachable } from '../hosts/session.js';
import { compare } from '../plan/compare.js';
import type { Change, Desired, Finding, Observed, Plan } from '../plan/plan.js';
import { kinds } from '../resources/index.js';
import type { Resource } from '../resources/kind.js';
import { desire, rolesOf } from '../roles/index.js';
import { judgeTopology } from '../rules/index.js';
import { judgePlan } from '../rules/plan/index.js';
import { Faults } from '../topology/faults.js';
import { didYouMean } from '../topology/nearest.js';
import { hosts, type Topology } from '../topology/topology.js';
import type { ClusterOptions } from './io.js';
import { labDirectory } from './lab-directory.js';

/** Names that a person gave. @throws {Faults} for each that is none of `known` */
export function named(given: readonly string[], known: readonly string[], what: string): readonly string[] {
  const faults = given
    .filter(name => !known.includes(name))
    .map(name => ({
      message: `the topology has no ${what} ${name}`,
      remedy: `name one of ${known.join(', ')}${didYouMean(name, known)}`,
    }));
  if (faults.length > 0) throw new Faults(faults);
  return given;
}

/** How the hosts of this run are reached. @throws {Faults} when the lab that is meant is not up */
export function connectorOf(topology: Topology, options: ClusterOptions): Promise<Connector> {
  const { acceptNewHostKeys, transport } = options;
  const config = options.lab ? `${labDirectory(topology.name)}/ssh_config` : options.sshConfig;
  if (config && !existsSync(config)) {
    const message = options.lab ? `no lab of ${topology.name} is up` : `there is no ${config}`;
    const remedy = options.lab
      ? `start it: lvsctl lab up -f ${topology.file}`
      : 'name an ssh_config that exists';
    throw new Faults([{ message, remedy }]);
  }
  return connector({
    ...(transport && { transport }),
    ...(config && { sshConfig: config }),
    ...(acceptNewHostKeys && { acceptNewHostKeys }),
  });
}

/** The hosts as they are, and how they differ from what is wanted. */
export interface Reading {
  plan: Plan;
  desired: Desired;
  observed: readonly Observed[];
  /** Differences that this run knows of and leaves alone. */
  beside?: readonly Change[];
  sessions: ReadonlyMap<string, Session>;
  /** How the hosts are read again before they are confirmed, where that is not by the topology. */
  reread?: () => Promise<Reading>;
}

/**
 * Reads every host side by side and compares: facts, what is wanted by them, what is there. Hosts that only a mark
 * still names are read as well, and hold nothing any more. With `destroy` no host is wanted to hold anything.
 */
export async function read(
  topology: Topology,
  line: Connector,
  options: { parallelism: number; destroy?: boolean; allow?: readonly string[]; wish?: Wish },
  tell: (host: string) => void = () => {},
): Promise<Reading> {
  const limit = pLimit(options.parallelism);
  const roles = rolesOf(topology);
  const nothing: Wish = () => [];
  const wish: Wish = options.destroy ? nothing : (options.wish ?? (facts => desire(topology, facts)));
  const sessions = new Map<string, Session>();
  const desired = new Map<string, readonly Resource[]>();

  const readOne = (host: string, wanted: Wish) =>
    limit(async (): Promise<Observed> => {
      try {
        const session = await line.open(host);
        sessions.set(host, session);
        const { observed, wanted: list } = await observe(session, topology.name, wanted, kinds);
        desired.set(host, list);
        return observed;
      } catch (error) {
        if (!(error instanceof Unreachable)) throw error;
        return { host, status: 'unreachable', message: error.message, remedy: error.remedy };
      } finally {
        tell(host);
      }
    });

  const named = await Promise.all(hosts(topology).map(({ name }) => readOne(name, wish)));
  const left = await Promise.all(former(named, roles).map(name => readOne(name, nothing)));
  const observed = [...named, ...left];
  return { plan: compared(topology, desired, observed, options), desired, observed, sessions };
}

/** How the hosts differ from what is wanted, and what the rules say of that. */
export function compared(
  topology: Topology,
  desired: Desired,
  observed: readonly Observed[],
  { destroy, allow }: { destroy?: boolean; allow?: readonly string[] },
): Plan {
  const cluster = { name: topology.name, file: topology.file, roles: rolesOf(topology) };
  const plan = compare(cluster, desired, observed, kinds);
  const said = [
    ...(destroy ? [] : judgeTopology(topology)),
    ...judgePlan({ topology, observed, plan, desired }),
  ];
  return { ...plan, findings: weighed(said, allow) };
}

/** What the rules say, where guards that a person has weighed only warn. */
export function weighed(findings: readonly Finding[], allow: readonly string[] = []): readonly Finding[] {
  return findings.map(finding =>
    allow.includes(finding.id) ? { ...finding, severity: 'warning' } : finding,
  );
}

/** Members that a mark names and the topology does not, unless the machine goes on under another name. */
function former(observed: readonly Observed[], roles: ReadonlyMap<string, string>): string[] {
  const seen = observed.filter(host => host.status === 'ok');
  const machines = new Set(seen.map(({ facts }) => facts.machineId));
  const members = new Map(seen.flatMap(({ facts }) => Object.entries(facts.mark?.members ?? {})));
  return [...members].filter(([name, id]) => !roles.has(name) && !machines.has(id)).map(([name]) => name);
}
