// `legacy-llm kill`: trainings that signals end at random moments, and that are resumed.
import type { Command } from 'commander';
import { builtProgram } from '../build/program.ts';
import { limits } from '../program/train_options.ts';
import { type KillCounts, killSignals, killTrainings } from '../robustness/kill.ts';
import { sampleText, textFile } from '../stories/text.ts';
import { numberIn, parseCount } from '../support/arguments.ts';
import { createProgress } from '../support/progress.ts';
import { withScratch } from '../support/scratch.ts';
import { provide } from '../support/setup.ts';

interface KillOptions {
  times: number;
  seed: number;
  steps: number;
  text: string;
}

// A shape whose step takes a millisecond.
export const killShape = [
  ...['--layers', '1', '--heads', '2', '--dim', '32', '--context', '32'],
  ...['--batch', '2', '--bigram-rows', '64', '--counts', '16KB', '--order', '3'],
];

// Adds the command to the program.
export function registerKill(program: Command): void {
  program
    .command('kill')
    .description(
      'end trainings by signals at random moments, with two writers for one file in a third\n' +
        'of the runs, and resume them: each checkpoint must be whole, and each training must\n' +
        'end in the bits of one that was not ended',
    )
    .option(
      '--times <n>',
      `number of signals: ${killSignals.join(', ')} in turns`,
      parseCount,
      1000,
    )
    .option('--seed <n>', 'seed of the random moments', numberIn(limits.seed), 1)
    .option('--steps <n>', 'steps of each training', numberIn(limits.steps), 300)
    .option('--text <file>', 'text to train on', sampleText)
    .action(kill);
}

async function kill({ times, seed, steps, ...options }: KillOptions): Promise<void> {
  const text = await textFile(options.text);
  await provide(['host']);
  const progress = createProgress();
  try {
    const program = (await builtProgram('host', progress)).command[0];
    progress.line(`seed ${seed}`);
    const counts = await withScratch('kill', (folder) =>
      killTrainings({ program, folder, text, times, seed, steps, shape: killShape }, progress),
    );
    progress.clear();
    console.log(describeKills(counts, steps));
  } finally {
    progress.clear();
  }
}

// What was done, and what came of it.
export function describeKills(counts: KillCounts, steps: number): string {
  const { bySignal, early, withinSaves, saved, refused, tookOver, finished } = counts;
  const each = killSignals.map((name) => `${bySignal[name]} by ${name}`).join(', ');
  return [
    `${counts.kills} times ended: ${each};`,
    `${early} before the first checkpoint, ${withinSaves} while one was being written, ` +
      `${saved} that were caught and saved; every checkpoint was whole`,
    `second writers: ${refused} were refused, ${tookOver} went on when the first had ended`,
    `${finished} trainings of ${steps} steps ended in SHA-256 ${counts.sha256},`,
    'like the one that nothing ended',
  ].join('\n');
}
