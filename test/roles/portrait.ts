import type { Resource } from '../../src/resources/kind.js';
import { desire } from '../../src/roles/index.js';
import type { HostFacts } from '../../src/systems/facts.js';
import { parseFacts } from '../../src/systems/read-facts.js';
import { cidr } from '../../src/topology/network.js';
import { type Host, hosts, type Topology } from '../../src/topology/topology.js';
import { printedFacts } from '../systems/recorded-facts.js';

/** What every host should hold when all are the Debian hosts that the topology says. @throws when one is not fit */
export function desiredOf(topology: Topology): ReadonlyMap<string, readonly Resource[]> {
  return new Map(
    hosts(topology).map(host => {
      const wanted = desire(topology, factsOf(topology, host));
      if ('message' in wanted) throw new Error(wanted.message);
      return [host.name, wanted];
    }),
  );
}

/** The facts of a Debian host that is what the topology says. */
export function factsOf(topology: Topology, { name, address, interface: card = 'ens33' }: Host): HostFacts {
  const { outside, outsideAddress } = topology.directors.find(director => director.name === name) ?? {};
  const more = [
    ...(outside ? [`link ${outside}`] : []),
    ...(outsideAddress ? [`address ${outside} ${cidr(outsideAddress)}`] : []),
  ];
  return parseFacts(name, printedFacts(cidr(address), more).replaceAll('ens33', card));
}

/** One line for each thing: line of the YAML, stage, kind, key, state; then every file whole. */
export function portrait(topology: Topology): string {
  const all = [...desiredOf(topology)];
  const things = all.flatMap(([host, wanted]) => ['', `${host}:`, ...wanted.map(line)]);
  const files = all.flatMap(([host, wanted]) =>
    wanted
      .filter(({ kind }) => kind === 'file')
      .flatMap(({ key, state }) => ['', `==> ${host} ${key}`, String(state.content).trimEnd()]),
  );
  return `${[...things.slice(1), ...files].join('\n')}\n`;
}

function line({ kind, key, state, stage, why, follows }: Resource): string {
  const shown = kind === 'file' ? { ...state, content: '..' } : state;
  const after = follows ? ` follows ${follows.map(followed => `${followed.kind} ${followed.key}`)}` : '';
  return `${why.place.line}: ${stage} ${kind} ${key} ${JSON.stringify(shown)}${after} # ${why.reason}`;
}
