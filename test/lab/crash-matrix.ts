/**
 * `npm run crash-matrix [-- SET-UP..] [--minutes N] [--failed]`: the points of the crash matrix that were not tried yet, one
 * after the other, in a lab for each set-up; with --failed also those that were not held. After N minutes it ends with the
 * point under way, and the next run goes on from there.
 */
import { parseArgs } from 'node:util';
import { type CrashLab, crashLab } from './crash-lab.js';
import { type Boundary, faults, idOf, type Plans, type Point, placeOf, pointsOf } from './crash-point.js';
import { keepPlans, keepResult, plansKept, resultsKept, writeTable } from './crash-record.js';
import { type SetUp, setUps, type Way, ways } from './crash-way.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { minutes: { type: 'string' }, failed: { type: 'boolean' } },
});
const named = setUps.filter(setup => positionals.length === 0 || positionals.includes(setup));
const end = Date.now() + Number(values.minutes ?? Number.POSITIVE_INFINITY) * 60_000;
/** Points of one way that are tried one after the other: to and fro. */
const TURN = 2 * faults.length;
const say = (line: string) => process.stdout.write(`${line}\n`);
const plans: Plans = plansKept();
const allPoints = () => setUps.flatMap(setup => pointsOf(setup, ways, plans));

let starting: Promise<CrashLab> | undefined;
let ending: Promise<void> | undefined;
const stop = (signal: NodeJS.Signals) => {
  ending ??= (async () => {
    say(`${signal}: ends the lab`);
    await (await starting)?.down();
    process.exit(1);
  })();
};
process.on('SIGINT', stop);
process.on('SIGTERM', stop);

for (const setup of named) {
  if (isKnown(setup) && open(setup).length === 0) continue;
  if (isOver()) break;
  starting = crashLab(setup);
  const lab = await starting;
  try {
    const own = ways.filter(way => way.setup === setup);
    for (const way of own) if (!isOver()) await know(way, lab);
    say(sum(setup));
    const left = new Set(open(setup));
    while (left.size > 0 && !isOver()) for (const way of own) await trySome(way, left, lab);
  } catch (error) {
    // What is under way when the machines are taken away has nobody to talk to.
    if (!ending) throw error;
  } finally {
    if (!ending) await lab.down();
    starting = undefined;
  }
}
for (const setup of named) say(sum(setup));
if (!ending) writeTable(allPoints());

function isKnown(setup: SetUp): boolean {
  return ways.every(({ setup: own, name }) => own !== setup || plans[setup]?.[name]);
}

function isOver(): boolean {
  return Date.now() > end || ending !== undefined;
}

/** Goes a way once to and fro where it is not known yet what that changes. */
async function know(way: Way, lab: CrashLab): Promise<void> {
  const { setup, name } = way;
  if (plans[setup]?.[name]) return;
  await lab.stand(way, 'from');
  const [to, from] = [await lab.stand(way, 'to'), await lab.stand(way, 'from')];
  if (!to || !from) throw new Error(`${setup} / ${name} could not be gone to and fro`);
  plans[setup] = { ...plans[setup], [name]: { to, from } };
  keepPlans(plans);
}

/** The points that are to be tried. */
function open(setup: SetUp): Point[] {
  const results = resultsKept();
  return pointsOf(setup, ways, plans).filter(point => {
    const result = results.get(idOf(point));
    return !result || (values.failed && result.message !== undefined);
  });
}

/** Tries some of the points that are left, of this way: a run that ends early has seen each of them. */
async function trySome(way: Way, left: Set<Point>, lab: CrashLab): Promise<void> {
  for (let turn = 0; turn < TURN && !isOver(); turn++) {
    const own = [...left].filter(point => point.way === way.name);
    const towards = lab.end(way) === 'from' ? 'to' : 'from';
    const point = own.find(({ direction }) => direction === towards) ?? own[0];
    if (!point) return;
    left.delete(point);
    // At each place by one fault, another from place to place, the next apply is let through to its end.
    const through = ![...left].some(each => placeOf(each) === placeOf(point));
    // What is left where it is need not be in every plan: then the place has a side more.
    const has = ({ sides }: Boundary) => point.sides.every(side => sides.includes(side));
    const isPlace = ({ sides }: Boundary) => sides.join() === point.sides.join();
    const tried = await lab.attempt(way, point, all => all.find(isPlace) ?? all.find(has), through);
    if (ending) return;
    keepResult({ ...tried, sides: point.sides });
    writeTable(allPoints());
    const { seconds, parts, states, message = '' } = tried;
    say(
      `${idOf(point)}: ${Object.entries(states)
        .map(each => each.join(' '))
        .join(', ')}, ${seconds} s (${parts.join(', ')}) ${message}`,
    );
    if (message) process.exitCode = 1;
  }
}

function sum(setup: SetUp): string {
  const [points, results] = [pointsOf(setup, ways, plans), resultsKept()];
  const tried = points.flatMap(point => results.get(idOf(point)) ?? []);
  const held = tried.filter(({ message }) => message === undefined).length;
  const by = faults.map(fault => `${fault} ${points.filter(point => point.fault === fault).length}`);
  return `${setup}: ${points.length} points (${by.join(', ')}), ${tried.length} tried, ${held} held`;
}
