import type { Observed } from '../plan/plan.js';
import { type Entries, type Kind, type Resource, Unreadable } from '../resources/kind.js';
import type { HostFacts } from '../systems/facts.js';
import { unsupported } from '../systems/families.js';
import { DamagedMark, factsProbe, parseFacts } from '../systems/read-facts.js';
import { batch, type Printed } from './read.js';
import { READ } from './script.js';
import type { Session } from './session.js';

const SCRIPT_SECONDS = 135;

/** What one host should hold by its facts; a fault when its facts do not allow that at all. */
export type Wish = (facts: HostFacts) => readonly Resource[] | { message: string; remedy: string };

/**
 * Reads a host in two round trips: its facts, then, in one script, every kind that is wanted or marked. Never
 * throws: what goes wrong is the result.
 */
export async function observe(
  session: Session,
  cluster: string,
  wish: Wish,
  kinds: ReadonlyMap<string, Kind>,
): Promise<{ observed: Observed; wanted: readonly Resource[] }> {
  const { host } = session;
  const refused = (message: string, remedy: string) => ({
    observed: { host, status: 'refused' as const, message, remedy },
    wanted: [],
  });
  const facts = await readFacts(session, cluster);
  if ('message' in facts) return { observed: { host, ...facts }, wanted: [] };
  const obstacle = obstacleIn(facts, cluster);
  if (obstacle) return refused(obstacle.message, obstacle.remedy);
  const wanted = wish(facts);
  if ('message' in wanted) return refused(wanted.message, wanted.remedy);

  const keys = keysByKind(wanted, facts, kinds);
  const asked = [...keys]
    .filter(([name]) => kinds.has(name))
    .map(([name, of]) => ({ kind: kinds.get(name)!, of }));
  const probes = asked.map(({ kind, of }) => kind.probe(of));
  const { text, take } = batch(cluster, probes);
  const ended = await session.exec(READ, { input: text, limit: SCRIPT_SECONDS });
  if ('lost' in ended) {
    const remedy = 'try again; if it stays so, look at the host';
    return { observed: { host, status: 'unreachable', message: ended.lost, remedy }, wanted: [] };
  }
  const entries = new Map<string, Entries>();
  const unreadable = new Map<string, string>();
  if (facts.closed) unreadable.set('mark', `sudo does not let us read /var/lib/lvsctl/mark; ${RIGHTS}`);
  for (const [index, printed] of take(ended.stdout, ended.stderr).entries()) {
    const { kind } = asked[index]!;
    try {
      entries.set(kind.name, parsed(kind, printed));
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      const said = lastLine(printed.stderr);
      const forbidden = !facts.root && /\bsudo\b/.test(said);
      unreadable.set(kind.name, forbidden ? `${said}; ${RIGHTS}` : error.message);
    }
  }
  return { observed: { host, status: 'ok', facts, entries, unreadable }, wanted };
}

async function readFacts(
  session: Session,
  cluster: string,
): Promise<HostFacts | { status: 'unreachable' | 'refused'; message: string; remedy: string }> {
  const { text, take } = batch(cluster, [factsProbe]);
  const ended = await session.exec(READ, { input: text, limit: 60 });
  if ('lost' in ended) {
    return { status: 'unreachable', message: ended.lost, remedy: 'look at the host and the way to it' };
  }
  const [printed] = take(ended.stdout, ended.stderr);
  if (printed?.code === undefined) return noShell(session.host, ended.stderr);
  try {
    return parseFacts(session.host, printed.stdout);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    const remedy =
      error instanceof DamagedMark
        ? 'put that file back from a backup; without it lvsctl takes what is there for yours'
        : 'lvsctl needs a Linux host with systemd, iproute2 and a POSIX shell';
    return { status: 'refused', message: `${session.host}: ${error.message}`, remedy };
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
  if (wanted.some(({ heldBy }) => heldBy)) {
    for (const { name, evidence } of kinds.values()) if (evidence) keys.set(name, []);
  }
  for (const { kind, key } of [...wanted, ...(facts.mark?.entries ?? [])]) {
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
