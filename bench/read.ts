import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InBed } from './in-bed.js';

/** Measures reads of whole clusters; root only. All that runs for it ends with its namespaces. */
export function measureReads(more: readonly string[]): InBed {
  const results = join(mkdtempSync(join(tmpdir(), 'lvsctl-bench-')), 'read.json');
  // A shell is process 1 there, which sees to those whose parent is gone.
  const init = ['sh', '-c', '"$@"; exit $?', 'sh'];
  const words = ['-n', '-m', '-p', '--fork', '--mount-proc', '--kill-child', ...init, process.execPath];
  execFileSync('unshare', [...words, '--import', 'tsx', 'bench/in-bed.ts', results, ...more], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return JSON.parse(readFileSync(results, 'utf8')) as InBed;
}
