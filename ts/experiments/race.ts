// The race: how soon, in modelled time of a Pentium III, each of three reaches a loss: the ternary
// model alone, the same with counts, and the float32 model with AdamW at its best learning rate. Each
// budget of steps is a whole training, with the learning rates of its own length.
import { createRun, type Identity, type Run } from './runs.ts';
import type { Shape } from './settings.ts';

// Shares of --steps that the two models train for.
const TERNARY_SHARES = [1 / 400, 1 / 80, 1 / 40, 1 / 20, 1 / 10, 1 / 5, 1 / 2, 1];
const FLOAT32_SHARES = [1 / 20, 1 / 10, 1 / 5, 1 / 2, 1];

// Learning rates of AdamW, of which the best counts.
const RATES = ['0.001', '0.002', '0.004'];

export const TERNARY = 'ternary';
export const FLOAT32 = 'float32';

// A model, with a run for each budget.
export interface RaceRow {
  name: string;
  runs: readonly Run[];
}

// The rows: the ternary model, and the float32 model at each rate; a run for each budget.
export function raceRows(
  scheme: string,
  optimizer: string,
  shape: Shape,
  seed: number,
  identity: Identity,
): RaceRow[] {
  const wish = { scheme, optimizer, seed };
  const runs = (shares: readonly number[], float32?: { lr: string }) =>
    stepsOf(shape.steps, shares).map((steps) =>
      createRun({ ...wish, ...(float32 && { float32 }) }, { ...shape, steps }, identity),
    );
  return [
    { name: TERNARY, runs: runs(TERNARY_SHARES) },
    ...RATES.map((lr) => ({ name: `${FLOAT32} ${lr}`, runs: runs(FLOAT32_SHARES, { lr }) })),
  ];
}

function stepsOf(steps: number, shares: readonly number[]): number[] {
  return [...new Set(shares.map((share) => Math.max(1, Math.round(steps * share))))];
}

// ---- what came of it ----

// A finished training: modelled seconds of the laptop, and the loss at their end.
export interface RacePoint {
  steps: number;
  seconds: number;
  loss: number;
}

// One of the three.
export interface Racer {
  name: string;
  points: readonly RacePoint[];
}

// When a racer passes a loss: between the two budgets around it, by the logarithm of time. Nothing
// where it does not; the first budget where that is below already.
export function secondsTo({ points }: Racer, loss: number): number | undefined {
  const after = points.findIndex((point) => point.loss <= loss);
  const [before, end] = [points[after - 1], points[after]];
  if (!end) return undefined;
  if (!before) return end.seconds;
  const part = (before.loss - loss) / (before.loss - end.loss);
  return before.seconds * (end.seconds / before.seconds) ** part;
}

// Of several racers the one that passes a loss first; where none does, the lowest at its end.
export function fastest(racers: readonly Racer[], loss: number): Racer | undefined {
  const when = (racer: Racer) => secondsTo(racer, loss) ?? Number.POSITIVE_INFINITY;
  const last = ({ points }: Racer) => points.at(-1)?.loss ?? Number.POSITIVE_INFINITY;
  return [...racers].sort((a, b) => when(a) - when(b) || last(a) - last(b))[0];
}
