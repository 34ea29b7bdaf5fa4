// `legacy-llm faults`: hits the driver in each phase of its work, and the emulated laptop in its, and
// looks at what is seen and what is left behind.
import type { Command } from 'commander';
import { faults, races } from '../robustness/faults.ts';
import { checkLaptopFault, laptopFaults, tryLaptopFault } from '../robustness/laptop_faults.ts';
import { checkOutcome, prepareFaults, tryFault, tryRace } from '../robustness/trials.ts';
import { namesOf } from '../support/arguments.ts';
import { UserError } from '../support/errors.ts';
import { interruptSignal } from '../support/interrupt.ts';
import { createProgress } from '../support/progress.ts';
import { withScratch } from '../support/scratch.ts';
import { provide } from '../support/setup.ts';

interface Options {
  only?: string[];
  list?: boolean;
}

// A row of either table.
interface Trial {
  name: string;
  run: () => Promise<void>;
}

const all: readonly Trial[] = [
  ...laptopFaults.map((fault) => ({
    name: `the laptop: ${fault.name}`,
    run: async () => checkLaptopFault(fault, await tryLaptopFault(fault)),
  })),
  ...faults.map((fault) => ({
    name: fault.name,
    run: () =>
      withScratch('fault', async (folder) => checkOutcome(fault, await tryFault(fault, folder))),
  })),
  ...races.map((race) => ({
    name: race.name,
    run: () => withScratch('fault', (folder) => tryRace(race, folder)),
  })),
];

// Adds the command to the program.
export function registerFaults(program: Command): void {
  program
    .command('faults')
    .description(
      'give the emulated laptop what it cannot run; end the driver by Ctrl-C and kill -9 in each\n' +
        'phase of its work, and let two runs make the same at once: what is said must be right, and\n' +
        'nothing may be left behind',
    )
    .option('--only <words>', 'only the rows whose names have one of these words', namesOf('a row'))
    .option('--list', 'list the rows and exit')
    .action(run);
}

async function run({ only, list }: Options): Promise<void> {
  const chosen = all.filter(({ name }) => only?.some((word) => name.includes(word)) ?? true);
  if (chosen.length === 0) {
    const hint = 'npm run faults -- --list names them.';
    throw new UserError('no row has such a name', { hint, exitCode: 2 });
  }
  if (list) {
    for (const { name } of chosen) console.log(name);
    return;
  }
  await provide(['host', 'i386', 'kernel', 'images']);
  const progress = createProgress();
  try {
    progress.update('building what is to be hit');
    await prepareFaults();
    for (const [index, trial] of chosen.entries()) {
      progress.update(`${index + 1} of ${chosen.length}: ${trial.name}`);
      await trial.run();
      interruptSignal.throwIfAborted();
      progress.clear();
      console.log(`${trial.name}: as it must be, nothing left`);
    }
  } finally {
    progress.clear();
  }
}
