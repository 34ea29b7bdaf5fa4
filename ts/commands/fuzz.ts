// `legacy-llm fuzz`: the fuzzers of tests/fuzz, for as many runs as there is time.
import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { buildFuzzers, fuzz, fuzzers } from '../robustness/fuzz.ts';
import { smallCount } from '../support/arguments.ts';
import { UserError } from '../support/errors.ts';
import { createProgress } from '../support/progress.ts';
import { provide } from '../support/setup.ts';

interface FuzzOptions {
  runs: number;
  seed: number;
  only?: string;
}

// Adds the command to the program.
export function registerFuzz(program: Command): void {
  program
    .command('fuzz')
    .description(
      'give the program random command lines, texts, and files of each kind that it reads,\n' +
        'under AddressSanitizer and UBSan (libFuzzer; tests/fuzz/README.md)',
    )
    .option('--runs <n>', 'inputs for each fuzzer', smallCount, 2_500_000)
    .option('--seed <n>', 'seed of the mutations', smallCount, 1)
    .option('--only <names>', `fuzzers to run, separated by commas: ${fuzzers().join(', ')}`)
    .action(run);
}

async function run({ runs, seed, only }: FuzzOptions): Promise<void> {
  const names = only ? only.split(',') : fuzzers();
  const unknown = names.find((name) => !fuzzers().includes(name));
  if (unknown !== undefined) {
    throw new UserError(`there is no fuzzer "${unknown}"`, {
      hint: `Fuzzers: ${fuzzers().join(', ')}`,
      exitCode: 2,
    });
  }
  await provide(['host', 'fuzz']);
  const progress = createProgress();
  try {
    progress.update('building the fuzzers');
    await buildFuzzers();
    await fuzz(names, { runs, seed, places: availableParallelism() }, progress);
  } finally {
    progress.clear();
  }
}
