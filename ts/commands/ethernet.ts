// `npm run ethernet`: trains on computers of this machine that a slow network joins, and prints what a
// step takes beside the prediction of docs/ranks.md.
import type { Command } from 'commander';
import { longRunTarget } from '../build/targets.ts';
import { type Measured, measure, measurePhases } from '../ethernet/measure.ts';
import { requireRoot } from '../ethernet/network.ts';
import { buildRunner } from '../runs/runners.ts';
import { numberIn, parseCount, wholeNumbers } from '../support/arguments.ts';
import { markdownTable } from '../support/markdown.ts';
import { createProgress } from '../support/progress.ts';
import { provide } from '../support/setup.ts';

interface EthernetOptions {
  ranks: number[];
  mbit: number[];
  delay: number;
  preset: string;
  microBatch?: number;
  steps: number;
}

const MOST_MBIT = 10_000;
const MOST_DELAY = 1000;

// Adds the command to the program.
export function registerEthernet(program: Command): void {
  program
    .command('ethernet')
    .description(
      'train on ranks that a slow network joins, and compare with the prediction of docs/ranks.md\n' +
        '(network namespaces: Linux, as root)',
    )
    .option('--ranks <list>', 'numbers of ranks, at most 64', wholeNumbers([2, 64]), [2])
    .option('--mbit <list>', 'millions of bits a second', wholeNumbers([1, MOST_MBIT]), [10, 100])
    .option('--delay <ms>', 'milliseconds to the other end', numberIn([0, MOST_DELAY]), 0)
    .option('--preset <name>', 'what is trained', 'small')
    .option('--micro-batch <n>', 'sequences that a rank computes together', parseCount)
    .option('--steps <n>', 'steps of each training', numberIn([3, 100_000]), 20)
    .action(ethernet);
}

async function ethernet(options: EthernetOptions): Promise<void> {
  const { ranks, mbit, delay, preset, microBatch, steps } = options;
  await provide(['host', 'network']);
  requireRoot();
  const progress = createProgress();
  const rows: Measured[] = [];
  try {
    const runner = await buildRunner({ name: longRunTarget, target: longRunTarget });
    const words = microBatch === undefined ? [] : ['--micro-batch', String(microBatch)];
    const training = { program: runner.command[0], preset, options: words, steps };
    const phases = await measurePhases(training);
    const limits = mbit.map((megabits) => ({ megabits, delay }));
    for (const count of ranks) {
      progress.update(`${count} ranks`);
      rows.push(...(await measure(training, phases, count, limits)));
    }
  } finally {
    progress.clear();
  }
  console.log(`${preset}, ${delay} ms, seconds of a step (host)\n`);
  console.log(markdownTable(HEADS, rows.map(cellsOf)));
}

const HEADS = [
  ...['ranks', 'Mbit/s', 'without that network', 'on the wire', 'measured', 'predicted'],
  ...['of it', 'tokens a second', 'bytes sent by each', 'of int32'],
];

const DIGITS = 3;

function cellsOf({ megabits, parts, wire, measured, predicted, tokens, share }: Measured) {
  const seconds = [parts.free, wire, measured, predicted].map((each) => each.toFixed(DIGITS));
  return [
    ...[String(parts.ranks), String(megabits), ...seconds, (measured / predicted).toFixed(2)],
    ...[(tokens / measured).toFixed(0), parts.sent.toFixed(0), share.toFixed(2)],
  ];
}
