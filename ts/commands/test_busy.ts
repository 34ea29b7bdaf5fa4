// `legacy-llm test-busy`: the tests, again and again, on a machine that is busy.
import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { groupsOf } from '../../scripts/requirements.mjs';
import { testBusily } from '../robustness/busy.ts';
import { smallCount, wholeNumber } from '../support/arguments.ts';
import { UserError } from '../support/errors.ts';
import { createProgress } from '../support/progress.ts';
import { provide } from '../support/setup.ts';

// Adds the command to the program.
export function registerTestBusy(program: Command): void {
  program
    .command('test-busy')
    .description('run the tests several times while all processors are kept busy (docs/tests.md)')
    .argument('[files...]', 'test files; without any all of them')
    .option('--times <n>', 'runs, one after the other', smallCount, 5)
    .option(
      '--load <n>',
      'processes that keep a processor busy',
      wholeNumber,
      availableParallelism(),
    )
    .action(run);
}

async function run(files: string[], options: { times: number; load: number }): Promise<void> {
  await provide(groupsOf('test') ?? []);
  const progress = createProgress();
  try {
    const runs = await testBusily({ ...options, files }, progress);
    const bad = runs.filter(({ failed, passed }) => failed.length > 0 || passed === 0);
    if (bad.length === 0) return;
    throw new UserError(`${bad.length} of ${runs.length} runs did not pass`);
  } finally {
    progress.clear();
  }
}
