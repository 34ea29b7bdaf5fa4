// The whole comparison: what there is to do, doing it, and the files that tell of it.
import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { cpus } from 'node:os';
import path from 'node:path';
import type { Program } from '../build/program.ts';
import { isOurPicture } from '../plots/pictures.ts';
import { planCommand } from '../program/command_lines.ts';
import type { LossPoint } from '../program/losses.ts';
import { lastWords } from '../runs/failure.ts';
import { LiveRuns } from '../runs/live.ts';
import { runCommandAny } from '../runs/run.ts';
import { runnerOf } from '../runs/runners.ts';
import { UserError } from '../support/errors.ts';
import { writeFileAtomic } from '../support/files.ts';
import { sha256File } from '../support/hash.ts';
import { displayPath } from '../support/paths.ts';
import type { Progress } from '../support/progress.ts';
import { csvText } from './csv.ts';
import { markdownText, type Picture } from './markdown.ts';
import { readMethods } from './methods.ts';
import { modelRace, type RaceCycles } from './race_cycles.ts';
import type { Report } from './report.ts';
import type { Identity, Run } from './runs.ts';
import { carryOut } from './schedule.ts';
import type { ExperimentOptions } from './settings.ts';
import { type CyclesByMethod, modelSteps } from './step_cycles.ts';
import { createStore, type RunResult, type RunState, type Store } from './store.ts';
import { chooseRuns, distinctRuns, makeTables, type Table } from './tables.ts';
import { finishRun } from './train.ts';

// What the options come to with this program and text.
export interface Comparison {
  options: ExperimentOptions;
  program: Program;
  identity: Identity;
  store: Store;
  tables: readonly Table[];
  /** Those that --only chooses. */
  runs: readonly Run[];
}

// The files that writeReports makes in the folder of --out, and how each is known for ours.
export const reportFiles: ReadonlyMap<string, (head: string) => boolean> = new Map([
  ['experiments.md', (head) => head.startsWith('# Comparison of training methods\n')],
  ['experiments.csv', (head) => head.startsWith('key,tables,status,')],
  ['loss_by_bytes.svg', isOurPicture],
  ['loss_by_cycles.svg', isOurPicture],
  ['curves.svg', isOurPicture],
  ['race.svg', isOurPicture],
]);

// Finds out which runs there are; runs none of them.
export async function prepare(options: ExperimentOptions, program: Program): Promise<Comparison> {
  const methods = await readMethods(program);
  const textSha256 = await sha256File(options.text);
  const identity = { textSha256, programSha256: program.sha256 };
  const tables = makeTables(methods, options, identity);
  const runs = chooseRuns(tables, options.only);
  return {
    options,
    program,
    identity,
    store: createStore(path.resolve(options.out)),
    tables,
    runs,
  };
}

// A line for each run: whether it is done, begun or open.
export async function listText({ runs, store }: Comparison): Promise<string> {
  const lines = await Promise.all(
    runs.map(async (run) => {
      const loss = (await store.result(run))?.held_out?.loss;
      const result = loss === undefined ? '' : `, held-out loss ${loss}`;
      return `${(await store.state(run)).padEnd(5)}  ${run.key}${result}`;
    }),
  );
  const done = lines.filter((line) => line.startsWith('done')).length;
  return [...lines, `${done} of ${runs.length} done`].join('\n');
}

// Carries out what is not done, writes the reports, and gives them; a failed run throws at the end.
export async function compareMethods(
  comparison: Comparison,
  progress: Progress,
): Promise<readonly string[]> {
  const { options, store, runs } = comparison;
  await store.open();
  const states = await Promise.all(runs.map((run) => store.state(run)));
  const open = runs.filter((_, index) => options.force || states[index] !== 'done');
  if (open.length > 0) await checkShape(open, comparison);
  const live = new LiveRuns(progress, runs.length, runs.length - open.length);
  progress.line(startText(open, states, live));
  const failures = await carryOut({
    ...{ runs: open, jobs: options.jobs, live },
    finish: laboratory(comparison, live),
  }).finally(() => progress.clear());
  const modelled = await modelAll(comparison, progress);
  progress.clear();
  const files = await writeReports(comparison, failures, modelled);
  if (failures.size === 0) return files;
  throw new UserError(`${failures.size} of ${open.length} runs failed`, {
    hint: `The tables mark them (${files[0]}); the same command tries them again.`,
  });
}

// What the cycle model says, where it was asked for.
interface Modelled {
  cycles?: CyclesByMethod;
  race?: RaceCycles;
}

async function modelAll(
  { options, identity, runs }: Comparison,
  progress: Progress,
): Promise<Modelled> {
  const races = runs.some(({ float32 }) => float32);
  const cycles = options.cycles ? await modelSteps(runs, options, progress) : undefined;
  const race = races ? await modelRace(options, identity, progress) : undefined;
  return { ...(cycles && { cycles }), ...(race && { race }) };
}

function startText(open: readonly Run[], states: readonly RunState[], live: LiveRuns): string {
  const begun = states.filter((state) => state === 'begun').length;
  return `${live.count()}, ${open.length} to run${begun > 0 ? `, ${begun} of them begun` : ''}`;
}

function laboratory(comparison: Comparison, live: LiveRuns): (run: Run) => Promise<RunResult> {
  const { options, program, identity, store } = comparison;
  const lab = {
    ...{ program, identity, store, jobs: options.jobs, force: options.force ?? false },
    text: path.resolve(options.text),
    invocation: randomUUID(),
    onStep: live.step.bind(live),
  };
  return (run) => finishRun(run, lab);
}

// A shape that the program refuses is wrong usage, said once and not by every run.
async function checkShape([run]: readonly Run[], { program, options }: Comparison): Promise<void> {
  const plan = planCommand(options.text, run?.shapeArgs ?? []);
  const result = await runCommandAny(runnerOf(program), plan);
  if (result.exitCode === 0) return;
  throw new UserError(lastWords(result), { exitCode: result.exitCode === 2 ? 2 : 1 });
}

// Writes Markdown, CSV and plots from all results that there are; gives their paths.
export async function writeReports(
  { options, program, identity, store, tables }: Comparison,
  failures: ReadonlyMap<string, string> = new Map(),
  modelled: Modelled = {},
): Promise<string[]> {
  const results = new Map<string, RunResult>();
  const logs = new Map<string, LossPoint[]>();
  for (const run of distinctRuns(tables.flatMap(({ rows }) => rows))) {
    const result = await store.result(run);
    if (!result) continue;
    results.set(run.key, result);
    logs.set(run.key, await store.losses(run));
  }
  const { size } = await stat(options.text);
  const text = { name: path.basename(options.text), sha256: identity.textSha256, bytes: size };
  const cpu = cpus()[0]?.model ?? 'unknown';
  const known = { options, program, cpu, text, tables, results, failures };
  const report: Report = { ...known, ...modelled };
  const pictures = await picturesOf(report, logs);
  const drawn = Object.fromEntries(pictures.map(({ file, svg }) => [file, svg]));
  const files = {
    'experiments.md': markdownText(report, pictures),
    'experiments.csv': csvText(report),
    ...drawn,
  };
  const written: string[] = [];
  for (const [name, data] of Object.entries(files)) {
    const file = path.resolve(options.out, name);
    await writeFileAtomic(file, data);
    written.push(displayPath(file));
  }
  return written;
}

// The pictures that have something to show. The plot library is loaded only here: it would slow the
// start of every command.
async function picturesOf(
  report: Report,
  logs: ReadonlyMap<string, readonly LossPoint[]>,
): Promise<(Picture & { svg: string })[]> {
  const { scatters, methodPoints, scatterSvg } = await import('./scatter.ts');
  const { curvesOf, curvesSvg } = await import('./curves.ts');
  const curves = curvesOf(report, logs);
  const drawn = scatters.filter((scatter) => methodPoints(report, scatter).length > 0);
  const lines = { file: 'curves.svg', title: 'Loss by step', svg: curvesSvg(curves) };
  const { raceSvg } = await import('./race_picture.ts');
  const race = raceSvg(report);
  return [
    ...drawn.map((scatter) => ({ ...scatter, svg: scatterSvg(report, scatter) })),
    ...(curves.length > 0 ? [lines] : []),
    ...(race === undefined ? [] : [{ file: 'race.svg', title: 'Time to a loss', svg: race }]),
  ];
}
