import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Tried } from './crash.js';
import { type CrashFault, faults, idOf, type Plans, type Point } from './crash-point.js';
import { type Role, setUps } from './crash-way.js';

/** A line each time that a point was tried. */
const RESULTS = 'docs/crash-matrix.jsonl';
/** What each apply of the ways changes, from which the points follow. */
const PLANS = 'docs/crash-plans.json';
const TABLE = 'docs/crash.md';

/** What is kept of a point. */
export type Result = Omit<Tried, 'parts'> & {
  at: string;
  /** When it was not held before, and the messages of then. */
  earlier?: readonly string[];
};

export function plansKept(): Plans {
  return existsSync(PLANS) ? (JSON.parse(readFileSync(PLANS, 'utf8')) as Plans) : {};
}

export function keepPlans(plans: Plans): void {
  writeFileSync(PLANS, `${JSON.stringify(plans, undefined, 1)}\n`);
}

export function resultsKept(): Map<string, Result> {
  const text = existsSync(RESULTS) ? readFileSync(RESULTS, 'utf8') : '';
  return latest(
    text
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line) as Result),
  );
}

/** Each point's last result, which knows of those before it that were not held. */
export function latest(results: readonly Result[]): Map<string, Result> {
  const kept = new Map<string, Result>();
  for (const result of results) {
    const former = kept.get(idOf(result));
    const failed = former?.message === undefined ? [] : [`${former.at}: ${former.message}`];
    const earlier = [...(former?.earlier ?? []), ...failed];
    kept.set(idOf(result), { ...result, ...(earlier.length > 0 && { earlier }) });
  }
  return kept;
}

export function keepResult({ parts, ...tried }: Tried): void {
  const at = `${new Date().toISOString().slice(0, 16)}Z`;
  appendFileSync(RESULTS, `${JSON.stringify({ at, ...tried } satisfies Result)}\n`);
}

/** The document of the matrix: what was tried and held, and in its own words what was not. */
export function writeTable(points: readonly Point[]): void {
  writeFileSync(TABLE, table(points, resultsKept()));
}

export function table(points: readonly Point[], results: ReadonlyMap<string, Result>): string {
  const roles: readonly Role[] = ['director', 'real server', 'NFS server'];
  const tried = (of: readonly Point[]) => of.flatMap(point => results.get(idOf(point)) ?? []);
  const count = (of: readonly Point[]) => {
    const held = tried(of).filter(({ message }) => message === undefined).length;
    return of.length === 0 ? '' : `${held} of ${tried(of).length}, of ${of.length}`;
  };
  const rows = setUps.flatMap(setup =>
    roles
      .map(role => ({ role, own: points.filter(point => point.setup === setup && point.role === role) }))
      .filter(({ own }) => own.length > 0)
      .map(({ role, own }) => {
        const by = (fault: CrashFault) => count(own.filter(point => point.fault === fault));
        return `| ${setup} | ${role} | ${faults.map(by).join(' | ')} | ${count(own)} |`;
      }),
  );
  const list = (words: ({ message, earlier }: Result) => string | undefined) =>
    tried(points)
      .flatMap(result => {
        const text = words(result);
        return text === undefined ? [] : [`- ${idOf(result)} (${result.at}):`, '', indented(text), ''];
      })
      .join('\n')
      .trimEnd();
  const failures = list(({ message }) => message);
  const again = list(({ message, earlier }) => (message === undefined ? earlier?.join('\n') : undefined));
  const through = tried(points).filter(({ converged }) => converged).length;
  const seconds = faults.map(fault => {
    const taken = tried(points.filter(point => point.fault === fault));
    const mean = taken.reduce((sum, { seconds }) => sum + seconds, 0) / taken.length;
    return taken.length === 0 ? '' : mean.toFixed(0);
  });
  return `# Applies that were broken off

\`npm run crash-matrix\` breaks an apply off at the boundary before and after each (kind, action) of each role of a set-up, by
each of these faults: SIGKILL to lvsctl, the management link of the host cut, the host reset, its disk full. Held: each
host then had its old or its new state whole (a new plan is the old one to its last change and the mark the same to the
last byte, or the plan is empty), the VIP answered in every mixed state, and the next apply went on. At each place, after
one of its faults, and wherever a host was new, that was let through: it made the rest and left nothing behind, ${through}
times so far. After the other faults it is the one that the next point breaks off. The points lie in
\`docs/crash-matrix.jsonl\`; the command goes on where it was stopped, and writes this.

Points held, of those tried, of all:

| set-up | role | ${faults.join(' | ')} | all |
|---|---|${faults.map(() => '---|').join('')}---|
${rows.join('\n')}
| all | | ${faults.map(fault => count(points.filter(point => point.fault === fault))).join(' | ')} | ${count(points)} |
| seconds a point | | ${seconds.join(' | ')} | |

${failures ? `## Not held\n\n${failures}` : 'None is left that was not held.'}
${again && `\n## Held only when tried again\n\n${again}\n`}`;
}

const indented = (text: string) => text.replace(/^/gm, '      ');
