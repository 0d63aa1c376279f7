import type { Observed } from '../plan/plan.js';
import { type Entries, type Kind, type Resource, Unreadable } from '../resources/kind.js';
import type { HostFacts } from '../systems/facts.js';
import { unsupported } from '../systems/families.js';
import { DamagedMark, factsProbe, parseFacts } from '../systems/read-facts.js';
import { batch, type Printed } from './read.js';
import { readTwice } from './script.js';
import type { Session } from './session.js';

const READ_SECONDS = 180;

/** What one host should hold by its facts; a fault when its facts do not allow that at all. */
export type Wish = (facts: HostFacts) => readonly Resource[] | { message: string; remedy: string };

/** What a host is asked for once its facts are known. */
interface Asked {
  facts: HostFacts;
  wanted: readonly Resource[];
  kinds: readonly Kind[];
  batch: ReturnType<typeof batch>;
}

/** Why a host is asked for nothing more. */
interface Refused {
  status: 'refused';
  message: string;
  remedy: string;
}

/**
 * Reads a host by one command on it: its facts, then, in one script, every kind that is wanted or marked. Never
 * throws: what goes wrong is the result.
 */
export async function observe(
  session: Session,
  cluster: string,
  wish: Wish,
  kinds: ReadonlyMap<string, Kind>,
): Promise<{ observed: Observed; wanted: readonly Resource[] }> {
  const { host } = session;
  const first = batch(cluster, [factsProbe]);
  let heard = '';
  let over = false;
  let tellFacts: (printed: Printed) => void = () => {};
  const facts = new Promise<Printed>(resolve => {
    tellFacts = resolve;
  });
  const tell = (line: string) => {
    if (over) return;
    heard += `${line}\n`;
    over = first.isLast(line);
    if (over) tellFacts(first.take(heard, '')[0]!);
  };
  const asked = facts.then(printed => ask(host, cluster, printed, wish, kinds));
  const more = asked.then(
    next => ('batch' in next ? next.batch.text : ''),
    () => '',
  );
  const ended = await session.exec(readTwice(first.text), {
    input: first.text,
    more,
    tell,
    limit: READ_SECONDS,
  });
  const next = over ? await asked : undefined;
  if ('lost' in ended) {
    const remedy = next
      ? 'try again; if it stays so, look at the host'
      : 'look at the host and the way to it';
    return { observed: { host, status: 'unreachable', message: ended.lost, remedy }, wanted: [] };
  }
  const told = next ?? noShell(host, ended.stderr);
  if (!('batch' in told)) return { observed: { host, ...told }, wanted: [] };
  return { observed: observedOf(host, told, ended), wanted: told.wanted };
}

/** What to ask a host for, by the facts that it printed. */
function ask(
  host: string,
  cluster: string,
  printed: Printed,
  wish: Wish,
  kinds: ReadonlyMap<string, Kind>,
): Asked | Refused {
  const refused = (message: string, remedy: string) => ({ status: 'refused' as const, message, remedy });
  const facts = factsOf(host, printed);
  if ('message' in facts) return facts;
  const obstacle = obstacleIn(facts, cluster);
  if (obstacle) return refused(obstacle.message, obstacle.remedy);
  const wanted = wish(facts);
  if ('message' in wanted) return refused(wanted.message, wanted.remedy);
  const keys = [...keysByKind(wanted, facts, kinds)].filter(([name]) => kinds.has(name));
  const probes = keys.map(([name, of]) => kinds.get(name)!.probe(of));
  return { facts, wanted, kinds: keys.map(([name]) => kinds.get(name)!), batch: batch(cluster, probes) };
}

/** What a host printed of every kind that it was asked for. */
function observedOf(
  host: string,
  { facts, kinds, batch }: Asked,
  { stdout, stderr }: { stdout: string; stderr: string },
): Observed {
  const entries = new Map<string, Entries>();
  const unreadable = new Map<string, string>();
  if (facts.closed) unreadable.set('mark', `sudo does not let us read /var/lib/lvsctl/mark; ${RIGHTS}`);
  for (const [index, printed] of batch.take(stdout, stderr).entries()) {
    const kind = kinds[index]!;
    try {
      entries.set(kind.name, parsed(kind, printed));
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      const said = lastLine(printed.stderr);
      const forbidden = !facts.root && /\bsudo\b/.test(said);
      unreadable.set(kind.name, forbidden ? `${said}; ${RIGHTS}` : error.message);
    }
  }
  return { host, status: 'ok', facts, entries, unreadable };
}

function factsOf(host: string, printed: Printed): HostFacts | Refused {
  try {
    return parseFacts(host, printed.stdout);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    const remedy =
      error instanceof DamagedMark
        ? 'put that file back from a backup; without it lvsctl takes what is there for yours'
        : 'lvsctl needs a Linux host with systemd, iproute2 and a POSIX shell';
    return { status: 'refused', message: `${host}: ${error.message}`, remedy };
  }
}

function noShell(host: string, stderr: string) {
  const said = lastLine(stderr);
  return {
    status: 'refused' as const,
    message: `${host}: the shell ran no script${said ? ` (${said})` : ''}`,
    remedy: 'lvsctl needs a POSIX shell (sh) and `cat` on the host',
  };
}

/** Why a host must not be planned for at all. */
function obstacleIn(facts: HostFacts, cluster: string): { message: string; remedy: string } | undefined {
  const { host, missing, mark } = facts;
  if (missing.length > 0) {
    return {
      message: `${host} lacks ${missing.join(', ')}`,
      remedy: 'install what a minimal system has: iproute2, util-linux, coreutils, sed, mawk, systemd, dbus',
    };
  }
  if (mark && mark.cluster !== cluster) {
    return {
      message: `${host} belongs to the cluster ${mark.cluster}, not ${cluster} (see /var/lib/lvsctl/mark)`,
      remedy: `destroy ${mark.cluster} there first, or name this cluster ${mark.cluster}`,
    };
  }
  return unsupported(facts);
}

function keysByKind(
  wanted: readonly Resource[],
  facts: HostFacts,
  kinds: ReadonlyMap<string, Kind>,
): Map<string, string[]> {
  const keys = new Map<string, string[]>();
  const ours = [...wanted, ...(facts.mark?.entries ?? [])];
  if (ours.some(({ heldBy }) => heldBy)) {
    for (const { name, evidence } of kinds.values()) if (evidence) keys.set(name, []);
  }
  for (const { kind, key } of ours) {
    const of = keys.get(kind) ?? [];
    if (!of.includes(key)) keys.set(kind, [...of, key]);
  }
  return keys;
}

const RIGHTS = 'the rights that reading takes: docs/sudoers-drift';

function parsed(kind: Kind, printed: Printed): Entries {
  const said = lastLine(printed.stderr);
  if (printed.code === undefined) throw new Unreadable('the reading script broke off');
  if (printed.code === 124 || printed.code === 137) throw new Unreadable('no answer within 20 s');
  if (printed.code !== 0) throw new Unreadable(said || `its probe ended with ${printed.code}`);
  return kind.parse(printed.stdout);
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
