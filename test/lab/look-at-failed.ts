import { afterEach } from 'vitest';
import { standing } from './cluster.js';
import { look } from './look.js';

/** The first step of a story that fails tells what its cluster is like; what fails after it mostly follows from that. */
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  const looks = [...standing].map(look);
  standing.clear();
  if (looks.length > 0) throw new Error((await Promise.all(looks)).join('\n'));
});
