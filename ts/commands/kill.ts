// `legacy-llm kill`: trainings that are killed (SIGKILL) at random moments and resumed.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { builtProgram } from '../build/program.ts';
import { killTrainings } from '../robustness/kill.ts';
import { sampleText } from '../stories/text.ts';
import { wholeNumber } from '../support/arguments.ts';
import { createProgress } from '../support/progress.ts';

interface KillOptions {
  times: number;
  seed: number;
  steps: number;
  text: string;
}

// A shape whose step takes a millisecond.
export const killShape = [
  ...['--layers', '1', '--heads', '2', '--dim', '32', '--context', '32'],
  ...['--batch', '2', '--bigram-rows', '64'],
];

// Adds the command to the program.
export function registerKill(program: Command): void {
  program
    .command('kill')
    .description(
      'kill trainings at random moments and resume them: each checkpoint must load,\n' +
        'and each training must end in the bits of a training that was not killed',
    )
    .option('--times <n>', 'number of kills', wholeNumber, 200)
    .option('--seed <n>', 'seed of the random moments', wholeNumber, 1)
    .option('--steps <n>', 'steps of each training', wholeNumber, 300)
    .option('--text <file>', 'text to train on', sampleText)
    .action(kill);
}

async function kill({ times, seed, steps, text }: KillOptions): Promise<void> {
  const progress = createProgress();
  const folder = mkdtempSync(path.join(tmpdir(), 'legacy-llm-kill-'));
  try {
    const program = (await builtProgram('host', progress)).command[0];
    progress.line(`seed ${seed}`);
    const settings = { program, folder, text, times, seed, steps, shape: killShape };
    const counts = await killTrainings(settings, progress);
    progress.clear();
    console.log(
      `${counts.kills} kills, ${counts.early} of them before the first checkpoint; ` +
        `every checkpoint loads;\n${counts.finished} trainings of ${steps} steps ended in ` +
        `SHA-256 ${counts.sha256}, like the one that was not killed`,
    );
  } finally {
    progress.clear();
    rmSync(folder, { recursive: true, force: true });
  }
}
