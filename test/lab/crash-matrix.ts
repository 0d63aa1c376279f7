/**
 * `npm run crash-matrix [SET-UP..]`: every point of the crash matrix, one after the other, in a lab for each set-up.
 * Results go to crash-matrix.jsonl, a line a point; a run that was broken off goes on after the last of them.
 */
import { cluster } from './cluster.js';
import { boundaries, converges, faults, heldBefore, keep, tryPoint } from './crash.js';

const say = (line: string) => process.stdout.write(`${line}\n`);
const FILE = 'crash-matrix.jsonl';
const named = process.argv.slice(2);
const setups = named.length > 0 ? named : ['nat', 'dr', 'ha-dr'];

for (const setup of setups) {
  const c = await cluster(setup);
  try {
    const hosts = c.spec.machines.map(({ name }) => name).filter(name => /^(lb|web1|nas)/.test(name));
    const points = (await boundaries(c, hosts)).flatMap(each => faults.map(fault => ({ ...each, fault })));
    const done = heldBefore(FILE).filter(held => held.setup === setup);
    const open = points.filter(
      point =>
        !done.some(
          ({ host, number, fault }) =>
            host === point.host && number === point.number && fault === point.fault,
        ),
    );
    say(`${setup}: ${points.length} points, ${open.length} of them to try`);
    for (const point of open) {
      const tried = await tryPoint(c, point);
      const wrong = tried.message ?? (await converges(c));
      const held = { ...tried, ...(wrong !== undefined && { message: wrong }) };
      keep(FILE, { ...held, setup });
      const { host, what, fault, number, state, message = '', seconds } = held;
      say(`${setup} ${host} ${fault} before ${what} (${number}): ${state}, ${seconds} s ${message}`);
      if (message) process.exitCode = 1;
      await c.reset();
    }
  } finally {
    await c.down();
  }
  const all = heldBefore(FILE).filter(held => held.setup === setup);
  say(`${setup}: ${all.filter(({ message }) => !message).length} of ${all.length} points held`);
}
