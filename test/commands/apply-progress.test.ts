import { afterEach, describe, expect, it, vi } from 'vitest';
import { applyProgress } from '../../src/commands/apply-progress.js';
import { change, plan } from '../report/sample.js';
import { world } from './world.js';

afterEach(() => vi.restoreAllMocks());

/** What a stream was given meanwhile. */
function heard(stream: NodeJS.WriteStream): () => string {
  const write = vi.spyOn(stream, 'write').mockReturnValue(true);
  return () => write.mock.calls.map(([text]) => String(text)).join('');
}

describe('progress on a terminal', () => {
  it('goes to standard error, also when the result goes into a pipe', async () => {
    const [out, err] = [heard(process.stdout), heard(process.stderr)];
    expect(process.stdout.isTTY).not.toBe(true);
    const at = '2026-01-01T00:00:00.000Z';
    const progress = await applyProgress(
      plan([change('lb1', { kind: 'address', key: 'eth0 10.0.0.1/24', after: {} })]),
      world({ live: true }),
    );
    progress.tell({ at, host: 'lb1', type: 'begin', change: 0 });
    progress.tell({ at, host: 'lb1', type: 'done', change: 0 });
    progress.tell({ at, host: 'lb1', type: 'confirmed' });
    await progress.end();
    const [said, result] = [err(), out()];
    vi.restoreAllMocks();
    expect(said).toContain('lb1  1 done');
    expect(result).toBe('');
  });
});
