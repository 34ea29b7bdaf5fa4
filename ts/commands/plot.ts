// `npm run plot`: the logs of trainings, finished or running, as one SVG, as a table, as a page that
// follows them, or for TensorBoard.
import path from 'node:path';
import { type Command, Option } from 'commander';
import { checkFolder, checkOutputs, isStandardOutput, placeOf } from '../../scripts/output.mjs';
import { EVENT_FILE, eventFileOf, isOurEventFile } from '../plots/event_file.ts';
import { csvOfLogs, isOurTable } from '../plots/log_rows.ts';
import { isOurPicture } from '../plots/pictures.ts';
import { trainingSvg } from '../plots/training.ts';
import { watchLogs } from '../plots/watch.ts';
import { readTrainingLog, type TrainingLog } from '../program/training_log.ts';
import { numberIn } from '../support/arguments.ts';
import { UserError } from '../support/errors.ts';
import { writeFileAtomic } from '../support/files.ts';
import { LOOPBACK, listen, PORTS, untilInterrupted } from '../support/http.ts';
import { interruptSignal } from '../support/interrupt.ts';
import { displayPath } from '../support/paths.ts';

interface PlotOptions {
  out?: string;
  csv?: boolean;
  tensorboard?: string;
  watch?: boolean;
  port?: number;
  force?: boolean;
}

// One file that is made of all logs.
interface Form {
  what: string;
  /** How its name ends, and what it is called in a folder that --out names. */
  ending: string;
  name: string;
  isOurs: (head: string) => boolean;
  make: (logs: readonly TrainingLog[]) => string;
}

const picture: Form = {
  ...{ what: 'a picture', ending: '.svg', name: 'training.svg' },
  ...{ isOurs: isOurPicture, make: trainingSvg },
};
const table: Form = {
  ...{ what: 'a table', ending: '.csv', name: 'training.csv' },
  ...{ isOurs: isOurTable, make: csvOfLogs },
};
const forms = [picture, table];

const WATCH_PORT = 8001;

// Adds the command to the program.
export function registerPlot(program: Command): void {
  program
    .command('plot')
    .description('draw the logs of trainings (train --log FILE), JSON lines or CSV, as one SVG')
    .argument('<logs...>', 'logs, also of trainings that still run')
    .option(
      '--out <place>',
      `a file.svg (or .csv), or a folder for ${picture.name} (default: beside the first log)`,
    )
    .option('--csv', 'write a table instead, one row for each step of each log')
    .addOption(
      new Option(
        '--tensorboard <folder>',
        'write event files for TensorBoard: a folder for each log',
      ).conflicts(['out', 'csv', 'watch']),
    )
    .addOption(
      new Option(
        '--watch',
        'serve a page on this machine that draws the logs anew as they grow',
      ).conflicts(['out', 'csv', 'force']),
    )
    .option('--port <n>', `where --watch serves (default: ${WATCH_PORT})`, numberIn(PORTS))
    .option('--force', 'write over a file that is none of ours')
    .action(plotOrWatch);
}

async function plotOrWatch(logs: string[], options: PlotOptions): Promise<void> {
  if (options.watch) return watch(logs, options.port);
  if (options.port !== undefined) {
    throw new UserError('--port is for --watch; leave it out', { exitCode: 2 });
  }
  for (const file of await plot(logs, options)) {
    if (!(await isStandardOutput(file))) console.log(displayPath(file));
  }
}

// Writes what is asked for and gives the places.
export async function plot(files: readonly string[], options: PlotOptions): Promise<string[]> {
  if (options.tensorboard !== undefined) return writeEvents(files, options.tensorboard, options);
  return [await writeForm(options.csv ? table : picture, files, options)];
}

async function writeForm(
  form: Form,
  files: readonly string[],
  { out, force = false }: PlotOptions,
): Promise<string> {
  const place = await placeOfForm(form, files, out);
  const beside = out === undefined;
  const output = { path: place, option: '--out', beside, force, isOurs: form.isOurs };
  await checkOutputs([output], inputsOf(files));
  await writeFileAtomic(place, form.make(await readLogs(files)));
  return place;
}

async function placeOfForm(
  { what, ending, name }: Form,
  [first = '']: readonly string[],
  out: string | undefined,
): Promise<string> {
  if (out === undefined)
    return path.resolve(`${first.slice(0, -path.extname(first).length || undefined)}${ending}`);
  const { kind, there } = await placeOf(out);
  const other = forms.find((form) => form.ending !== ending && out.endsWith(form.ending));
  if (other && kind !== 'folder')
    throw new UserError(`--out ${out} would get ${what}`, {
      hint: `Give a name in ${ending}, or ${other === table ? 'add' : 'leave out'} --csv.`,
      exitCode: 2,
    });
  const isFile = out.endsWith(ending) || (there && kind !== 'folder');
  return path.resolve(isFile ? out : path.join(out, name));
}

// One event file for each log, in a folder of its name, which TensorBoard shows as a run.
async function writeEvents(
  files: readonly string[],
  folder: string,
  { force = false }: PlotOptions,
): Promise<string[]> {
  await checkFolder(folder, '--tensorboard');
  const runs = runsOf(files);
  const places = runs.map((run) => path.resolve(folder, run, EVENT_FILE));
  const more = { option: '--tensorboard', force, isOurs: isOurEventFile };
  await checkOutputs(
    places.map((place) => ({ path: place, ...more })),
    inputsOf(files),
  );
  const logs = await readLogs(files);
  for (const [index, log] of logs.entries()) {
    await writeFileAtomic(places[index] ?? '', eventFileOf(log));
  }
  return places;
}

// The names of the logs without folder and ending; they must differ.
function runsOf(files: readonly string[]): string[] {
  const runs = files.map((file) => path.parse(file).name);
  for (const [index, run] of runs.entries()) {
    const first = runs.indexOf(run);
    if (first === index) continue;
    throw new UserError(`${files[first]} and ${files[index]} would be the same run, ${run}`, {
      hint: 'Rename one of them, or write each to a folder of its own.',
      exitCode: 2,
    });
  }
  return runs;
}

// Serves until Ctrl-C.
async function watch(files: readonly string[], port = WATCH_PORT): Promise<void> {
  const over = new AbortController();
  const server = await watchLogs(files, AbortSignal.any([interruptSignal, over.signal]));
  try {
    const url = await listen(server, { host: LOOPBACK, port }, 'npm run plot -- LOG --watch');
    console.log(`${url} (Ctrl-C ends it)`);
    await untilInterrupted();
  } finally {
    over.abort();
  }
}

async function readLogs(files: readonly string[]): Promise<TrainingLog[]> {
  const logs: TrainingLog[] = [];
  for (const file of files) logs.push(await readTrainingLog(file));
  return logs;
}

function inputsOf(files: readonly string[]) {
  return files.map((file) => ({ path: file, option: 'the log' }));
}
