/**
 * `npm run bench [-- PART..] [--ansible] [--hosts N,..] [--rounds N]`: measures lvsctl against what else there is, each figure in the
 * same run as the one it is compared with. Parts: start, differ, read (root only), lab. Without a part: all but lab.
 * Results are merged into docs/bench.json, from which docs/bench.md is written anew.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { measureDiffer } from './differ.js';
import { measureReads } from './read.js';
import { type Results, report } from './report.js';
import { measureStart } from './start.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { ansible: { type: 'boolean' }, hosts: { type: 'string' }, rounds: { type: 'string' } },
});
const parts = positionals.length > 0 ? positionals : ['start', 'differ', 'read'];
const RESULTS = 'docs/bench.json';

const results: Results = existsSync(RESULTS) ? (JSON.parse(readFileSync(RESULTS, 'utf8')) as Results) : {};
if (parts.includes('start')) results.start = await measureStart();
if (parts.includes('differ')) results.differ = measureDiffer();
if (parts.includes('read'))
  results.read = measureReads([
    ...(values.ansible ? ['--ansible'] : []),
    ...(values.hosts ? ['--hosts', values.hosts] : []),
    ...(values.rounds ? ['--rounds', values.rounds] : []),
  ]);
if (parts.includes('lab')) {
  const { measureLab } = await import('./lab.js');
  results.lab = await measureLab(values.ansible ?? false, Number(values.rounds ?? 3));
}
writeFileSync(RESULTS, `${JSON.stringify(results, null, 1)}\n`);
writeFileSync('docs/bench.md', report(results));
process.stdout.write(report(results));
