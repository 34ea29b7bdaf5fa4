// The part of a report that runs on this machine: one thing at a time, since all of it is timed.
import { availableParallelism } from 'node:os';
import { findTarget } from '../build/targets.ts';
import type { Evidence } from '../parity/scenario.ts';
import type { BuiltRunner } from '../runs/job.ts';
import { isForeign, type Runner } from '../runs/runners.ts';
import { formatSeconds } from '../support/progress.ts';
import type { ReportData, RunnerResult } from './data.ts';
import { benchProgram, exportedBytes, type HereResult, timePrograms, whyNot } from './here.ts';
import { comparedResult, hereResult, skippedResult } from './results.ts';
import { attempt, builtFor, type Session, shapeArgs } from './session.ts';

// What was measured on this machine.
export interface HerePart {
  results: RunnerResult[];
  /** What the first runner left. */
  reference: Evidence;
  model: ReportData['model'];
  kernels: ReportData['kernels'];
}

type Here = BuiltRunner & { runner: Runner; isBenched: boolean };

// Times the scenario, then the kernels.
export async function measureHere(session: Session): Promise<HerePart> {
  const runners = session.runners.filter(
    (runner) => runner.machine === undefined && !isForeign(runner),
  );
  const absent = new Map<string, string>();
  const programs: Here[] = [];
  for (const runner of runners) {
    const program = programOf(session, runner);
    const why = await whyNot(program);
    if (why === undefined) programs.push(program);
    else leaveOut(session, runner, why, absent);
  }
  const ran = await timeScenario(session, programs);
  const reference = [...ran.values()][0]?.evidence ?? {};
  const results = runners.map((runner) => {
    const result = ran.get(runner.name);
    if (!result) return skippedResult(runner, absent.get(runner.name) ?? 'it failed');
    return comparedResult(hereResult(runner, result), reference);
  });
  const model = await modelSizes(session, programs, reference);
  return { results, reference, model, kernels: await timeKernels(session, programs) };
}

// A program that this machine cannot start has an emulator and is not here: each of these has to run.
function leaveOut(
  { progress, problems }: Session,
  { name }: Runner,
  why: string,
  absent: Map<string, string>,
): void {
  absent.set(name, why);
  progress.line(`${name} left out: ${why}`);
  problems.push(`${name} did not run: ${why}`);
}

function programOf(session: Session, runner: Runner): Here {
  const isNode = findTarget(runner.target).run === 'node';
  return { ...builtFor(session, runner), runner, isBenched: !isNode && !runner.hidden };
}

async function timeScenario(
  session: Session,
  programs: readonly Here[],
): Promise<Map<string, HereResult>> {
  const { settings, progress } = session;
  const started = performance.now();
  const ran = await timePrograms(programs, settings, ({ name }, round, run) => {
    progress.update(`timing: run ${round} of ${settings.runs}, ${name}`, `timing ${round}`);
    return attempt(session, name, run);
  });
  const seconds = formatSeconds((performance.now() - started) / 1000);
  progress.line(`timed ${ran.size} builds, ${settings.runs} runs each, in ${seconds} (host)`);
  return ran;
}

async function modelSizes(
  session: Session,
  [program]: readonly Here[],
  { checkpoint }: Evidence,
): Promise<ReportData['model']> {
  if (!program || !checkpoint) return null;
  const bytes = await attempt(session, 'model size', () => exportedBytes(program, checkpoint));
  return bytes === undefined ? null : { checkpointBytes: checkpoint.length, exportedBytes: bytes };
}

const MOST_THREADS = 8;

// How many threads the bench of a build is given.
function threadsOf({ target }: Runner): number {
  const hasThreads = findTarget(target).flags.includes('-pthread');
  return hasThreads ? Math.min(availableParallelism(), MOST_THREADS) : 1;
}

async function timeKernels(
  session: Session,
  programs: readonly Here[],
): Promise<ReportData['kernels']> {
  const kernels: ReportData['kernels'] = [];
  for (const program of programs.filter(({ isBenched }) => isBenched)) {
    session.progress.update(`bench: ${program.name}`, `bench ${program.name}`);
    const threads = threadsOf(program.runner);
    const args = [
      ...shapeArgs(session.settings),
      ...(threads > 1 ? ['--threads', `${threads}`] : []),
    ];
    const output = await attempt(session, 'bench', () => benchProgram(program, args));
    if (output) kernels.push({ runner: program.name, threads, ...output });
  }
  return kernels;
}
