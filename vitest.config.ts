import { defineConfig } from 'vitest/config';

const results = process.env.LVSCTL_RESULTS;
/** The tests of hosts wait more than they compute. */
const unit = { testTimeout: 60_000, maxWorkers: 4 };
const pure = 'plan|report|resources|roles|rules|systems|topology';
/** Stories run two side by side: more guests than two cores can carry make each wait for the others. */
const lab = {
  testTimeout: 900_000,
  hookTimeout: 600_000,
  maxWorkers: 2,
  exclude: ['test/lab/*.unit.test.ts'],
  setupFiles: ['test/lab/look-at-failed.ts'],
};

export default defineConfig({
  test: {
    ...(results && { reporters: ['default', ['json', { outputFile: results }]] }),
    projects: [
      // What is pure shares its modules: to compile the schema for each rule anew takes longer than all rules.
      { test: { name: 'unit', include: [`test/@(${pure})/**/*.test.ts`], isolate: false, ...unit } },
      {
        test: {
          name: 'unit-alone',
          include: ['test/*.test.ts', `test/!(lab|${pure})/**/*.test.ts`, 'test/lab/*.unit.test.ts'],
          ...unit,
        },
      },
      { test: { name: 'lab', include: ['test/lab/*.test.ts'], ...lab } },
      { test: { name: 'stories', include: ['test/lab/*.{test,story}.ts'], ...lab, env: { STORIES: 'all' } } },
    ],
  },
});
