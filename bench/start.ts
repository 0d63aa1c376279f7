import { type Candidate, type Rounds, rounds } from './measure.js';

/** How long it takes until lvsctl has said something that needs no host, against Node that does nothing. */
export function measureStart(): Promise<Rounds<'node' | 'version' | 'validate' | 'render'>> {
  const lvsctl = (...words: string[]): Candidate => ({ words: [process.execPath, 'dist/cli.js', ...words] });
  const file = ['-f', 'inventories/ha-dr.yaml'];
  return rounds(
    {
      node: { words: [process.execPath, '-e', '0'] },
      version: lvsctl('--version'),
      validate: lvsctl('validate', ...file),
      render: lvsctl('render', ...file, '--into', '/dev/shm/lvsctl-bench-render'),
    },
    21,
  );
}
