// What a comparison came to: everything that the Markdown, the CSV and the plots are made of.
import type { Program } from '../build/program.ts';
import type { StepCycles } from '../counting/kept_steps.ts';
import type { Judgement } from '../program/judgement.ts';
import type { RaceCycles } from './race_cycles.ts';
import type { Run } from './runs.ts';
import type { ExperimentOptions } from './settings.ts';
import { type CyclesByMethod, methodOf } from './step_cycles.ts';
import type { RunResult } from './store.ts';
import type { Row, Table } from './tables.ts';

// One comparison with its results so far.
export interface Report {
  options: ExperimentOptions;
  program: Program;
  cpu: string;
  text: { name: string; sha256: string; bytes: number };
  tables: readonly Table[];
  /** By the key of the run. */
  results: ReadonlyMap<string, RunResult>;
  /** Why runs failed, by key. */
  failures: ReadonlyMap<string, string>;
  /** Of the race, where it is run. */
  race?: RaceCycles;
  /** Of the methods, where they were asked for. */
  cycles?: CyclesByMethod;
}

// The result of a run, or what stands in its place.
export function statusOf(run: Run, { results, failures }: Report): 'done' | 'FAILED' | 'not run' {
  if (failures.has(run.key)) return 'FAILED';
  return results.has(run.key) ? 'done' : 'not run';
}

// The first result of a row: what does not depend on the seed can be taken from it.
export function firstResult({ runs }: Row, { results }: Report): RunResult | undefined {
  return runs.map(({ key }) => results.get(key)).find((result) => result !== undefined);
}

// Bytes that a ternary weight takes in training: latent and momentum.
export function bytesPerWeight(result: RunResult): number {
  return result.weight_state_bytes / result.ternary_weights;
}

// The held-out loss of the transformer alone, and with the counts beside it where it has some.
export function transformerLoss({ transformer, loss }: Judgement): string {
  return transformer ?? loss;
}
export function mixedLoss({ transformer, loss }: Judgement): string {
  return transformer === undefined ? '' : loss;
}

// The mean held-out loss of the transformers of a row over its seeds; undefined while one is missing.
export function meanLoss({ runs }: Row, { results }: Report): number | undefined {
  const losses = runs.map(({ key }) => lossOf(results.get(key)));
  const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  return Number.isFinite(mean) ? mean : undefined;
}

function lossOf(result: RunResult | undefined): number {
  return result?.held_out ? Number(transformerLoss(result.held_out)) : Number.NaN;
}

// The modelled cycles of a step of a row.
export function cyclesOf({ runs: [run] }: Row, { cycles }: Report): StepCycles | undefined {
  return run && cycles?.get(methodOf(run));
}

// Speed of a row beside the reference row of its table, where one call measured both.
export function speedRatio(row: Row, table: Table, { results }: Report): number | undefined {
  const reference = table.rows.find(({ isReference }) => isReference);
  for (const [index, { key }] of row.runs.entries()) {
    const own = results.get(key);
    const other = results.get(reference?.runs[index]?.key ?? '');
    if (!own?.tokens_per_second || !other?.tokens_per_second) continue;
    if (own.invocation === other.invocation) return own.tokens_per_second / other.tokens_per_second;
  }
  return undefined;
}
