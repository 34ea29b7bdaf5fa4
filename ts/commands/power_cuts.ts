// `npm run power-cuts`: a training in a laptop whose power is cut while it saves to its disk.
import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { type FileSystem, fileSystemNames, fileSystems } from '../laptop/disk_image.ts';
import { cutPower, type PowerCutCounts } from '../laptop/power_cuts.ts';
import { limits } from '../program/train_options.ts';
import { sampleText } from '../stories/text.ts';
import { numberIn, parseCount } from '../support/arguments.ts';
import { UserError } from '../support/errors.ts';
import { interruptSignal } from '../support/interrupt.ts';
import { createProgress, formatSeconds } from '../support/progress.ts';
import { withScratch } from '../support/scratch.ts';
import { provide } from '../support/setup.ts';

interface PowerCutOptions {
  times: number;
  seed: number;
  steps: number;
  fileSystem?: FileSystem;
}

const TEXT_BYTES = 4000;
const STEPS = 6;

// Adds the command to the program.
export function registerPowerCuts(program: Command): void {
  program
    .command('power-cuts')
    .description(
      'cut the power of a laptop at random instruction counts while it saves to its disk,\n' +
        'boot it again and resume: each training must end in the bits of one that was not cut',
    )
    .option('--times <n>', 'number of cuts for each file system', parseCount, 200)
    .option('--seed <n>', 'seed of the random moments', numberIn(limits.seed), 1)
    .option('--steps <n>', 'steps of the training, each of which is saved', parseCount, STEPS)
    .addOption(new Option('--file-system <kind>', 'only with this one').choices(fileSystemNames))
    .action(powerCuts);
}

async function powerCuts({ fileSystem, times, seed, steps }: PowerCutOptions): Promise<void> {
  await provide(['i386', 'kernel', 'disks']);
  const started = performance.now();
  const progress = createProgress();
  const text = (await readFile(sampleText)).subarray(0, TEXT_BYTES);
  const rows: PowerCutCounts[] = [];
  try {
    for (const name of fileSystem ? [fileSystem] : fileSystemNames) {
      const cut = (folder: string) =>
        cutPower({ fileSystem: name, times, seed, steps, text, folder }, progress);
      rows.push(await withScratch('power-cuts', cut));
      if (interruptSignal.aborted) break;
    }
  } finally {
    progress.clear();
  }
  console.log(describeCuts(rows, seed, (performance.now() - started) / 1000));
  const failures = rows.flatMap((row) => row.failures);
  interruptSignal.throwIfAborted();
  if (failures.length > 0) {
    throw new UserError('a training did not survive a power cut', { hint: failures.join('\n') });
  }
}

// What was done, and what came of it.
export function describeCuts(
  rows: readonly PowerCutCounts[],
  seed: number,
  seconds: number,
): string {
  return [`seed ${seed}, ${formatSeconds(seconds)} (host)`, ...rows.map(describeRow)].join('\n');
}

function describeRow(row: PowerCutCounts): string {
  const { cuts, disks, torn, mended, lost, ways, failures, sha256, writes } = row;
  return [
    `${fileSystems[row.fileSystem].title}: the power was cut ${cuts} times, ${torn} of them within a write;`,
    `  ${disks} different disks (of a training with ${writes} writes), ${mended} mended by its checker;`,
    `  ${ways.newest} went on with the newest checkpoint, ${ways.older} with the one before, ` +
      `${ways.anew} from the start;`,
    `  ${lost} lost a checkpoint whose save had ended;`,
    `  ${cuts - failures.length} ended in SHA-256 ${sha256}, like the one that was not cut`,
  ].join('\n');
}
