// How the tests run: files beside each other, each in a process of its own, as many as there are
// processors. A test has no time limit of its own, since nobody knows how busy a machine is; what
// hangs ends after twenty minutes.
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const MINUTES = 60_000;

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    environment: 'node',
    pool: 'forks',
    maxWorkers: Math.min(8, Math.max(2, availableParallelism())),
    testTimeout: 20 * MINUTES,
    hookTimeout: 20 * MINUTES,
    teardownTimeout: MINUTES,
    passWithNoTests: false,
    allowOnly: false,
  },
});
