// One report in the making: what it is to measure, what is built for it, what went wrong so far.
import { type Artefact, buildTarget } from '../build/build.ts';
import { findTarget } from '../build/targets.ts';
import type { BuiltRunner } from '../runs/job.ts';
import { builtRunner, type Runner, whyNotHere } from '../runs/runners.ts';
import { UserError } from '../support/errors.ts';
import { interruptSignal } from '../support/interrupt.ts';
import type { Progress } from '../support/progress.ts';
import type { ReportSettings } from './scenario.ts';

// What all parts of a report share.
export interface Session {
  settings: ReportSettings;
  runners: readonly Runner[];
  /** By the name of the target. */
  artefacts: ReadonlyMap<string, Artefact>;
  progress: Progress;
  problems: string[];
}

// Builds all that the runners need.
export async function openSession(
  settings: ReportSettings,
  runners: readonly Runner[],
  progress: Progress,
): Promise<Session> {
  const present = runners.filter((runner) => whyNotHere(runner) === undefined);
  const names = [...new Set(present.map(({ target }) => target))];
  const onStep = (target: string, step: string) =>
    progress.update(`building: ${target} ${step}`, 'building');
  const builds = names.map((name) => buildTarget(findTarget(name), { onStep }));
  const results = await Promise.allSettled(builds);
  const failure = results.find((result) => result.status === 'rejected');
  if (failure) throw failure.reason;
  const built = await Promise.all(builds);
  const artefacts = new Map(built.map((artefact) => [artefact.target.name, artefact]));
  return { settings, runners, artefacts, progress, problems: [] };
}

// A runner with what was built for it.
export function builtFor({ artefacts }: Session, runner: Runner): BuiltRunner {
  const artefact = artefacts.get(runner.target);
  if (!artefact) throw new Error(`${runner.target} was not built`);
  return builtRunner(runner, artefact);
}

// Does a part of the work. A failure is kept as a problem, and the report goes on without the part.
export async function attempt<T>(
  { problems, progress }: Session,
  what: string,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UserError) || interruptSignal.aborted) throw error;
    const why = error.hint?.split('\n', 1)[0];
    const problem = `${what}: ${error.message}${why ? ` (${why})` : ''}`;
    problems.push(problem);
    progress.line(`FAILED ${problem}`);
    return undefined;
  }
}

// The preset, for commands that take a shape but no steps.
export function shapeArgs({ settings }: ReportSettings): string[] {
  return settings.preset === undefined ? [] : ['--preset', settings.preset];
}
