// The part of a report that other processors than a PC's compute, under an emulator: what they leave
// behind is compared, and nothing is timed.
import pMap from 'p-map';
import type { Evidence } from '../parity/scenario.ts';
import { isForeign, type Runner, whyNotHere } from '../runs/runners.ts';
import type { RunnerResult } from './data.ts';
import { runOnce } from './here.ts';
import { comparedResult, hereResult, skippedResult } from './results.ts';
import { attempt, builtFor, type Session } from './session.ts';

// How many go on at once: each keeps one core busy.
const AT_ONCE = 2;

// Runs the scenario once on each.
export async function measureElsewhere(
  session: Session,
  reference: Evidence,
): Promise<RunnerResult[]> {
  const runners = session.runners.filter(isForeign);
  const measure = (runner: Runner) => measureOne(session, runner, reference);
  return pMap(runners, measure, { concurrency: AT_ONCE });
}

async function measureOne(
  session: Session,
  runner: Runner,
  reference: Evidence,
): Promise<RunnerResult> {
  const why = whyNotHere(runner);
  if (why !== undefined) return skippedResult(runner, why);
  session.progress.update(`other processors: ${runner.name}`, `processor ${runner.name}`);
  const result = await attempt(session, runner.name, () =>
    runOnce(builtFor(session, runner), session.settings),
  );
  if (result === undefined) return skippedResult(runner, 'it failed');
  // An emulator's resident memory is its own.
  const row = comparedResult(hereResult(runner, result), reference);
  return { ...row, timed: null, memory: row.memory && { ...row.memory, peak: null, cap: null } };
}
