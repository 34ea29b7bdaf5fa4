// The proof: one scenario on many runners, the hashes of all that each left behind, and for those
// that differ from the reference the first step and tensor in which they do.

import pMap from 'p-map';
import { type Runner, whyNotHere } from '../runs/runners.ts';
import { differingEvidence, firstDifference, hashesOf } from './compare.ts';
import { type Outcome, runScenario } from './run.ts';
import type { EvidenceName, Scenario } from './scenario.ts';

// One runner beside the reference.
export interface ParityRow {
  runner: string;
  hashes: Partial<Record<EvidenceName, string>>;
  hostSeconds: number;
  /** Evidence that is not the reference's. */
  differing: EvidenceName[];
  /** The first difference in words. */
  first?: string;
}

// A runner that cannot run here, and why.
export interface AbsentRunner {
  runner: string;
  why: string;
}

// All runners that ran, and whether they are equal.
export interface ParityResult {
  equal: boolean;
  rows: ParityRow[];
  notRun: AbsentRunner[];
}

// Each runner that made other bits, with what differs and where first.
export function differencesOf({ rows }: ParityResult): string[] {
  const differing = rows.filter((row) => row.differing.length > 0);
  return differing.map((row) => `${row.runner}: ${row.differing.join(', ')}; ${row.first}`);
}

// How many runs go on at once: each keeps one core busy.
const AT_ONCE = 2;

// Runs the scenario on all runners that can run here, the first of which is the reference.
export async function checkParity(
  scenario: Scenario,
  runners: readonly Runner[],
  onDone: (outcome: Outcome) => void = () => {},
): Promise<ParityResult> {
  const absent = runners.map((runner) => ({ runner: runner.name, why: whyNotHere(runner) }));
  const notRun = absent.flatMap(({ runner, why }) => (why === undefined ? [] : [{ runner, why }]));
  const present = runners.filter((_, index) => absent[index]?.why === undefined);
  const one = async (runner: Runner) => {
    const outcome = await runScenario(runner, scenario);
    onDone(outcome);
    return outcome;
  };
  const outcomes = await pMap(present, one, { concurrency: AT_ONCE });
  const [reference] = outcomes;
  if (!reference) throw new Error('parity needs a reference');
  const rows: ParityRow[] = [];
  for (const outcome of outcomes) rows.push(await compareWith(reference, outcome, scenario));
  return { equal: rows.every(({ differing }) => differing.length === 0), rows, notRun };
}

async function compareWith(
  reference: Outcome,
  outcome: Outcome,
  scenario: Scenario,
): Promise<ParityRow> {
  const differing = differingEvidence(reference.evidence, outcome.evidence);
  const row: ParityRow = {
    runner: outcome.runner.name,
    hashes: hashesOf(outcome.evidence),
    hostSeconds: outcome.hostSeconds,
    differing,
  };
  if (differing.length === 0) return row;
  const first = await traceDifference(reference.runner, outcome.runner, scenario);
  return { ...row, first: first ?? firstDifference(reference.evidence, outcome.evidence) ?? '' };
}

// Both runs again, with every tensor of every step traced.
async function traceDifference(
  reference: Runner,
  other: Runner,
  scenario: Scenario,
): Promise<string | undefined> {
  const traced = { ...scenario, trace: true };
  const [a, b] = [await runScenario(reference, traced), await runScenario(other, traced)];
  return firstDifference(a.evidence, b.evidence);
}
