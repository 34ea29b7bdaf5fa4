// `npm run experiments`: trains with every method on one text and writes the tables that compare
// them. What is done is kept: a second call goes on where the first one stopped.
import { availableParallelism } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { checkFolder, checkOutputs } from '../../scripts/output.mjs';
import { builtProgram } from '../build/program.ts';
import { findTarget, groupsOfTargets, longRunTarget } from '../build/targets.ts';
import { compareMethods, listText, prepare, reportFiles } from '../experiments/experiments.ts';
import {
  type ExperimentOptions,
  parseReference,
  parseSeeds,
  parseTables,
  type Shape,
  tableNames,
  usualTables,
} from '../experiments/settings.ts';
import { checkShape, limits, type ShapeSettings } from '../program/train_options.ts';
import { sampleText, textFile } from '../stories/text.ts';
import { decimal, namesOf, numberIn, parseCount, rate } from '../support/arguments.ts';
import { displayPath, rootDir } from '../support/paths.ts';
import { createProgress } from '../support/progress.ts';
import { provide } from '../support/setup.ts';

// Some minutes a run on the bundled stories, on one core of a present-day host.
const DEFAULTS: Shape = { layers: 2, heads: 4, dim: 64, context: 64, batch: 8, steps: 1000 };
const MOST_JOBS = 2;

const outFolder = displayPath(path.join(rootDir, 'reports', 'experiments'));

// Adds the command to the program.
export function registerExperiments(program: Command): void {
  const command = program
    .command('experiments')
    .description('train with every method on one text and write tables that compare them')
    .option('--text <file>', 'text to train on', sampleText)
    .option(
      '--tables <names>',
      `tables to make, separated by commas: ${tableNames.join(', ')}`,
      parseTables,
      [...usualTables],
    )
    .option(
      '--only <rows>',
      'run only these rows: repeat it, or separate by commas',
      namesOf('a row'),
    )
    .option('--seeds <list>', 'seeds of weights and batches, separated by commas', parseSeeds, [1])
    .option(
      '--jobs <n>',
      'runs at the same time',
      parseCount,
      Math.min(MOST_JOBS, availableParallelism()),
    )
    .option('--target <name>', 'the build to use', longRunTarget)
    .option('--out <folder>', 'where results and reports go', outFolder)
    .option(
      '--reference <name=loss>',
      'a loss from elsewhere to draw as NAME=LOSS; may be repeated',
      parseReference,
      [],
    )
    .option('--race-to <loss>', 'the held-out loss that the table "race" is about', decimal, '1.88')
    .option('--embedding-lr <x>', "learning rate of embeddings (default: the program's own)", rate)
    .option('--cycles', 'also model the cycles of a step of each method on a Pentium III')
    .option('--list', 'list the runs and which of them are done, and exit')
    .option('--force', 'run even what is up to date');
  const count = (name: keyof ShapeSettings, text: string) =>
    command.option(`--${name} <n>`, text, numberIn(limits[name]), DEFAULTS[name]);
  count('layers', 'layers of the model');
  count('heads', 'attention heads');
  count('dim', 'width of the model');
  count('context', 'tokens that the model sees at once');
  count('batch', 'sequences per step');
  count('steps', 'training steps');
  command.action(experiments);
}

async function experiments(options: ExperimentOptions): Promise<void> {
  const text = await textFile(options.text);
  const target = findTarget(options.target);
  checkShape({ seed: 1, dim: options.dim, heads: options.heads });
  if (!options.list) await checkPlaces(options.out, text);
  await provide(groupsOfTargets([target]));
  const progress = createProgress();
  try {
    const program = await builtProgram(options.target, progress);
    const comparison = await prepare({ ...options, text }, program);
    progress.clear();
    if (options.list) console.log(await listText(comparison));
    else console.log((await compareMethods(comparison, progress)).join('\n'));
  } finally {
    progress.clear();
  }
}

// The reports and the folder of the runs, before anything is built.
async function checkPlaces(out: string, text: string): Promise<void> {
  const files = [...reportFiles].map(([name, isOurs]) => {
    return { path: path.resolve(out, name), option: '--out', beside: true, isOurs };
  });
  await checkFolder(path.resolve(out), '--out');
  await checkOutputs(files, [{ path: text, option: '--text' }]);
}
