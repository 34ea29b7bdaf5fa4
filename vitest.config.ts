// How the tests run: files beside each other, one more than there are processors, since some wait for
// files, locks and other processes. A test has no time limit of its own, since nobody knows how busy a
// machine is; one that hangs fails after half an hour.
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { compileCache } from './tests/compile_cache.ts';

const MINUTES = 60_000;
const HANGS = 30 * MINUTES;

// What takes longest begins first, so that no processor is left with nothing to do at the end. After
// the first run vitest knows this by itself.
const LONG = [
  ...['parity/parity', 'bundled/bundled', 'program/faults', 'robustness/faults', 'program/make'],
  ...['program/ranks', 'program/training', 'gguf/llama', 'parity/methods', 'library/'],
  ...['program/options', 'tutorial/', 'web/laptop', 'oracle/gradients', 'guest/boot'],
  ...['strict/strict', 'commands/emu_train', 'parity/memory_modes'],
];

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const place = LONG.findIndex((name) => moduleId.includes(`/tests/${name}`));
      return place < 0 ? LONG.length : place;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

// Their files share a process: starting one and loading the same modules would take most of their time.
// They leave nothing behind in it that another file could see. All others have a process each.
const TOGETHER = [
  ...['counting', 'ethernet', 'experiments', 'guest', 'images', 'laptop', 'layers', 'numbers'],
  ...['plots', 'report', 'stories', 'support', 'training', 'tune'],
].map((folder) => `tests/${folder}/**/*.test.ts`);

const ALL = ['tests/**/*.test.ts'];

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: { name: { label: 'together', color: 'blue' }, include: TOGETHER, isolate: false },
      },
      {
        extends: true,
        test: { name: { label: 'alone', color: 'green' }, include: ALL, exclude: TOGETHER },
      },
    ],
    environment: 'node',
    env: { LC_ALL: 'C', ...compileCache() }, // tools speak as the tests expect
    pool: 'forks',
    maxWorkers: Math.min(8, availableParallelism() + 1),
    sequence: { sequencer: LongFirst },
    testTimeout: HANGS,
    hookTimeout: HANGS,
    teardownTimeout: MINUTES,
    passWithNoTests: false,
    allowOnly: false,
  },
});
