// `legacy-llm kill`: trainings that signals end at random moments, and that are resumed.
import type { Command } from 'commander';
import { builtProgram } from '../build/program.ts';
import { findTarget, groupsOfTargets } from '../build/targets.ts';
import { limits } from '../program/train_options.ts';
import { type KillCounts, killSignals, killTrainings } from '../robustness/kill.ts';
import { killRanks, type RankKillCounts } from '../robustness/kill_ranks.ts';
import { sampleText, textFile } from '../stories/text.ts';
import { numberIn, parseCount } from '../support/arguments.ts';
import { createProgress, formatSeconds } from '../support/progress.ts';
import { withScratch } from '../support/scratch.ts';
import { provide } from '../support/setup.ts';

interface KillOptions {
  times: number;
  seed: number;
  steps: number;
  text: string;
  ranks?: boolean;
}

// A shape whose step takes a millisecond.
export const killShape = [
  ...['--layers', '1', '--heads', '2', '--dim', '32', '--context', '32'],
  ...['--batch', '2', '--bigram-rows', '64', '--counts', '16KB', '--order', '3'],
];

// The same with sequences for several ranks.
export const rankShape = killShape.map((word, i) => (killShape[i - 1] === '--batch' ? '8' : word));

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
    .option(
      '--ranks',
      'kill ranks of trainings by MPI instead, each resumed on another number of them',
    )
    .action(kill);
}

async function kill({ times, seed, steps, ...options }: KillOptions): Promise<void> {
  const text = await textFile(options.text);
  const target = options.ranks ? 'host-mpi' : 'host';
  await provide(groupsOfTargets([findTarget(target)]));
  const progress = createProgress();
  try {
    const program = (await builtProgram(target, progress)).command[0];
    progress.line(`seed ${seed}`);
    const said = await withScratch('kill', async (folder) => {
      const settings = { program, folder, text, times, seed, steps };
      return options.ranks
        ? describeRankKills(await killRanks({ ...settings, shape: rankShape }, progress))
        : describeKills(await killTrainings({ ...settings, shape: killShape }, progress), steps);
    });
    progress.clear();
    console.log(said);
  } finally {
    progress.clear();
  }
}

// What came of killed ranks.
export function describeRankKills({ kills, finished, longest, sha256 }: RankKillCounts): string {
  return [
    `${kills} ranks were killed; the others had ended after ${formatSeconds(longest / 1000)} at most`,
    `${finished} trainings, each resumed on 1 to 4 ranks, ended in SHA-256 ${sha256},`,
    'like the one that was alone and that nothing ended',
  ].join('\n');
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
