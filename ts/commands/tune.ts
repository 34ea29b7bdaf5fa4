// `npm run tune -- SWEEP`: looks for the best hyper-parameters by the trials of a sweep file. `ask` and
// `tell` before the file leave the running of the trials to another scheduler.
import { mkdir, readdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { checkFolder, checkOutputs } from '../../scripts/output.mjs';
import { sampleText, textFile } from '../stories/text.ts';
import { numberIn, parseCount } from '../support/arguments.ts';
import { UserError } from '../support/errors.ts';
import { writeFileAtomic } from '../support/files.ts';
import { displayPath, rootDir } from '../support/paths.ts';
import { createProgress, type Progress } from '../support/progress.ts';
import { boardFiles, writeBoard } from '../tune/board_files.ts';
import { type Journal, openJournal } from '../tune/journal.ts';
import { type Leaderboard, placesOf, summaryText } from '../tune/leaderboard.ts';
import { ask, type Told, tell } from '../tune/scheduler.ts';
import { isOurScript, sbatchText } from '../tune/slurm.ts';
import { readSweep, type Sweep } from '../tune/sweep.ts';
import type { Workshop } from '../tune/trial.ts';
import { bestOf, carryOut } from '../tune/tune.ts';
import { headOf, openWorkshop, p6MachineOf, ramOf, trialsOf } from '../tune/workshop.ts';

interface TuneOptions {
  out?: string;
  jobs: number;
  cycles?: boolean;
  list?: boolean;
  slurm?: number;
  force?: boolean;
  again?: boolean;
  trial?: number;
  rung?: number;
  value?: number;
  failed?: string;
}

const ACTIONS = ['run', 'ask', 'tell'] as const;
type Action = (typeof ACTIONS)[number];

const SCRIPT = 'sweep.sbatch';
const MOST_TASKS = 1000;
const MOST_COUNT = 999_999_999;

// Adds the command to the program.
export function registerTune(program: Command): void {
  const count = numberIn([0, MOST_COUNT]);
  program
    .command('tune')
    .description('look for the best hyper-parameters by the trials of a sweep file')
    .argument('<words...>', 'the sweep file, JSON or YAML; before it `ask` or `tell`')
    .option('--out <folder>', 'where journal and results go (default: reports/tune/NAME)')
    .option('--jobs <n>', 'trials at the same time', parseCount, availableParallelism())
    .option('--cycles', 'also model the cycles of a step of each shape on the laptop')
    .option('--list', 'print the leaderboard as it stands, and exit')
    .option('--slurm <n>', 'write a script for n tasks of Slurm', numberIn([1, MOST_TASKS]))
    .option('--force', 'forget the results that are in the folder')
    .option('--again', 'ask: hand out a job that was asked for and not told')
    .option('--trial <n>', 'tell: the trial', count)
    .option('--rung <n>', 'tell: its rung (default: 0)', count)
    .option('--value <x>', 'tell: the metric', finite)
    .option('--failed <why>', 'tell: why it failed')
    .action(tune);
}

function finite(text: string): number {
  if (text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
  throw new InvalidArgumentError('It must be a number.');
}

// A sweep, and the absolute paths that it works with.
interface Setup {
  options: TuneOptions;
  sweep: Sweep;
  file: string;
  text: string;
  out: string;
}

async function tune(words: readonly string[], options: TuneOptions): Promise<void> {
  const { action, file } = wordsOf(words);
  checkOwn(action, options);
  const told = action === 'tell' ? toldOf(options) : undefined;
  const sweep = await readSweep(file);
  const text = await textFile(sweep.text ?? sampleText);
  const own = path.basename(file).replace(/\.\w+$/, '');
  const out = path.resolve(options.out ?? path.join(rootDir, 'reports', 'tune', own));
  const setup = { options, sweep, file: path.resolve(file), text, out };
  if (options.list) return list(setup);
  await checkPlaces(setup);
  if (options.slurm !== undefined) return writeScript(setup, options.slurm);
  const progress = createProgress();
  try {
    await act(action, setup, told, progress);
  } finally {
    progress.clear();
  }
}

function wordsOf([first = '', second, third]: readonly string[]): { action: Action; file: string } {
  const action = ACTIONS.find((each) => each === first);
  if (action !== undefined && second !== undefined && third === undefined) {
    return { action, file: second };
  }
  if (second === undefined) return { action: 'run', file: first };
  throw new UserError(`"${second}" is one word too many`, {
    hint: 'npm run tune -- sweep.yaml, or `ask` or `tell` before the file',
    exitCode: 2,
  });
}

// Options that belong to some actions: elsewhere they would do nothing.
const OWN = {
  ...{ trial: ['tell'], rung: ['tell'], value: ['tell'], failed: ['tell'] },
  ...{ again: ['ask'], list: ['run'], slurm: ['run'], force: ['run', 'ask'] },
} as const satisfies Partial<Record<keyof TuneOptions, readonly Action[]>>;

const nameOf = (action: Action) => (action === 'run' ? 'a whole sweep' : `\`${action}\``);

function checkOwn(action: Action, options: TuneOptions): void {
  for (const name of Object.keys(OWN) as (keyof typeof OWN)[]) {
    const actions: readonly Action[] = OWN[name];
    if (options[name] === undefined || actions.includes(action)) continue;
    throw new UserError(`--${name} is not for ${nameOf(action)}`, {
      hint: `It is for ${actions.map(nameOf).join(' and ')}.`,
      exitCode: 2,
    });
  }
}

function toldOf({ trial, rung = 0, value, failed }: TuneOptions): Told {
  if (trial === undefined || (value === undefined) === (failed === undefined)) {
    throw new UserError('tell needs --trial and either --value or --failed', { exitCode: 2 });
  }
  const came = value === undefined ? { failed: failed ?? '' } : { value };
  return { trial, rung, ...came };
}

// The files of the results, before anything is built. Whose the model and the trials are, the journal
// tells.
async function checkPlaces({ out, file, text }: Setup): Promise<void> {
  await checkFolder(out, '--out');
  const trials = await readdir(trialsOf(out)).catch(() => []);
  const isSweep = await openJournal(out).isBegun(); // after that look: another process may begin it
  const best = path.basename(bestOf(out));
  const ours = [...boardFiles, [SCRIPT, isOurScript], [best, () => isSweep]] as const;
  const outputs = ours.map(([name, isOurs]) => {
    return { path: path.join(out, name), option: '--out', beside: true, isOurs };
  });
  await checkOutputs(outputs, [
    { path: file, option: 'the sweep' },
    { path: text, option: 'the text' },
  ]);
  if (isSweep || trials.length === 0) return;
  throw new UserError(`${displayPath(trialsOf(out))} is not empty, and of no sweep`, {
    hint: 'Give --out another folder.',
    exitCode: 2,
  });
}

async function list(setup: Setup): Promise<void> {
  const board = await boardOf(setup, openJournal(setup.out));
  console.log(board.places.length > 0 ? summaryText(board) : 'No trial has a result yet.');
}

async function writeScript({ options, sweep, file, out }: Setup, tasks: number): Promise<void> {
  const script = path.join(out, SCRIPT);
  const work = { tasks, ram: ramOf(sweep), cycles: options.cycles ?? false };
  const array = { name: sweep.name, root: rootDir, sweep: file, out, ...work };
  await writeFileAtomic(script, sbatchText(array));
  console.log(`sbatch ${displayPath(script)}`);
}

async function act(action: Action, setup: Setup, told: Told | undefined, progress: Progress) {
  const { options, sweep, out, text } = setup;
  const modelled = options.cycles ?? false;
  const shop = await openWorkshop(sweep, { text, out, modelled }, progress);
  const journal = openJournal(out);
  if (options.force && (await journal.isBegun())) {
    const old = [shop.folder, bestOf(out), journal.file];
    for (const each of old) await rm(each, { recursive: true, force: true });
  }
  await mkdir(shop.folder, { recursive: true });
  await journal.begin(await headOf(sweep, shop));
  if (action === 'run') return runTrials(setup, journal, shop, progress);
  const answer = told
    ? tell(sweep.search, journal, shop, told)
    : ask(sweep.search, journal, shop, options.again ?? false);
  console.log(JSON.stringify(await answer));
}

// All trials that are left, then the results, also where it was stopped.
async function runTrials(setup: Setup, journal: Journal, shop: Workshop, progress: Progress) {
  const { options, sweep, out } = setup;
  try {
    await carryOut({ search: sweep.search, journal, shop, out, jobs: options.jobs, progress });
  } finally {
    progress.clear();
    const board = await boardOf(setup, journal);
    if (board.places.length > 0) {
      await writeBoard(board, out);
      console.log(`${summaryText(board)}\n\n${displayPath(path.join(out, 'leaderboard.md'))}`);
    }
  }
}

async function boardOf({ sweep, text }: Setup, journal: Journal): Promise<Leaderboard> {
  const places = placesOf(sweep, await journal.read());
  return { sweep, text: displayPath(text), clock: p6MachineOf(sweep).clock, places };
}
