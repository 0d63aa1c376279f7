import { defineConfig } from 'vitest/config';

const results = process.env.LVSCTL_RESULTS;
/** Stories run two side by side: more guests than two cores can carry make each wait for the others. */
const lab = {
  testTimeout: 900_000,
  hookTimeout: 600_000,
  maxWorkers: 2,
  exclude: ['test/lab/*.unit.test.ts'],
};

export default defineConfig({
  test: {
    ...(results && { reporters: ['default', ['json', { outputFile: results }]] }),
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/*.test.ts', 'test/!(lab)/**/*.test.ts', 'test/lab/*.unit.test.ts'],
          testTimeout: 60_000,
        },
      },
      { test: { name: 'lab', include: ['test/lab/*.test.ts'], ...lab } },
      { test: { name: 'stories', include: ['test/lab/*.{test,story}.ts'], ...lab, env: { STORIES: 'all' } } },
    ],
  },
});
