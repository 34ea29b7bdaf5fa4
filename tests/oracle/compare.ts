// Holds the oracle's tensors of one training step against the core's, and judges the difference.
import type { Shape } from '../../ts/parity/checkpoint.ts';
import { rightBlocks } from './blocks.ts';
import type { CoreStep } from './core.ts';
import type { Tensors } from './dump.ts';
import { runOracle } from './model.ts';
import { Rounding } from './rounding.ts';

// Two things make a right oracle differ from the core.
//
// Order: both compute in binary32, but add in different orders. `order` allows for that. Matrix
// gradients are sums of integers times one power of two, so there it is next to nothing.
//
// Flips: where a value lies within such a difference of the middle between two integers, the two
// round it to different ones. One flip is 1/127 of its row's largest value, and all that is computed
// from it moves, too; `flip` is how far. About one step in seven has one. It is not let pass: the
// oracle must then find a tie which, rounded the other way, leaves only the order (compareStep).
//
// The bounds are about three times the largest relative errors (L2) in 776 steps of random shapes.
// With ties resolved, all matrix gradients of 216 steps were equal to the bit. 213 steps were within
// `order`; what was left in three was below 2e-4 and is not explained.
interface Tolerance {
  order: number;
  flip: number;
}

const tolerances: readonly [names: RegExp, Tolerance][] = [
  [/^embedding$/, { order: 0, flip: 0 }],
  [/(after_attention|after_mlp|losses)$/, { order: 2.5e-7, flip: 0.02 }],
  [/before_(attention|mlp)\.gradient$/, { order: 3e-6, flip: 0.05 }],
  [/embedding\.gradient$/, { order: 3e-6, flip: 0.05 }],
  [/\.w\w+\.gradient$/, { order: 1e-7, flip: 0.25 }],
  [/query_gain\.gradient$/, { order: 2e-4, flip: 0.35 }],
];

export interface Difference {
  name: string;
  /** |oracle - core| / |core|, of the whole tensor as a vector. */
  relative: number;
  cosine: number;
  /** The one value that differs most. */
  largest: { row: number; column: number; core: number; oracle: number };
}

// order: as equal as binary32 gets. flip: a rounding may explain it. wrong: nothing does.
export type Verdict = 'order' | 'flip' | 'wrong';

export interface StepResult {
  verdict: Verdict;
  /** One for each tensor that the core dumped. */
  differences: readonly Difference[];
  /** Ties that had to be rounded the other way. */
  flipped: readonly string[];
}

const MOST_TRIES = 40;

// Runs the oracle on the batch of a step. Where the result differs by what looks like a flip, rounds
// ties the other way, one after the other in the order in which they come, and keeps what helps.
export function compareStep(core: CoreStep, blocks = rightBlocks): StepResult {
  const tried = new Set<string>();
  let best = attempt(core, blocks, new Set());
  while (best.verdict === 'flip' && tried.size < MOST_TRIES) {
    const tie = best.ties.find((candidate) => !tried.has(candidate));
    if (tie === undefined) break;
    tried.add(tie);
    const next = attempt(core, blocks, new Set([...best.flipped, tie]));
    if (distance(next.differences) < 0.99 * distance(best.differences)) best = next;
  }
  return { ...best, flipped: [...best.flipped] };
}

interface Attempt {
  verdict: Verdict;
  differences: Difference[];
  flipped: ReadonlySet<string>;
  ties: string[];
}

function attempt(
  core: CoreStep,
  blocks: typeof rightBlocks,
  flipped: ReadonlySet<string>,
): Attempt {
  const { checkpoint, dump } = core;
  const gradients: Tensors = new Map();
  const ties: string[] = [];
  const differences = core.sequences.flatMap((sequence, i) => {
    const rounding = new Rounding(`sequence ${i}`, flipped);
    const oracle = runOracle(checkpoint, sequence, { ...blocks, rounding });
    ties.push(...rounding.ties);
    addTo(gradients, oracle.gradients);
    return compareAll(checkpoint.shape, dump.sequences[i] ?? new Map(), oracle.sequence);
  });
  differences.push(...compareAll(checkpoint.shape, dump.gradients, gradients));
  return { verdict: judgeAll(differences), differences, flipped, ties };
}

// Falls with every tensor that comes to agree, and a little with every one that comes closer.
function distance(differences: readonly Difference[]): number {
  return differences.reduce((sum, { relative }) => sum + relative ** 0.25, 0);
}

function addTo(sums: Tensors, gradients: Tensors): void {
  for (const [name, gradient] of gradients) {
    const sum = sums.get(name);
    sums.set(name, sum ? sum.map((value, i) => value + (gradient[i] ?? Number.NaN)) : gradient);
  }
}

function compareAll(shape: Shape, core: Tensors, oracle: Tensors): Difference[] {
  const missing = [...oracle.keys()].filter((name) => !core.has(name));
  if (missing.length > 0) throw new Error(`the core did not dump ${missing.join(', ')}`);
  return [...core].map(([name, values]) =>
    compare(name, values, oracle.get(name) ?? new Float32Array(), widthOf(shape, name)),
  );
}

// Length of the rows of a tensor, to say where in it something is.
function widthOf({ dim }: Shape, name: string): number {
  if (name === 'losses' || name.includes('query_gain')) return 1;
  return name.includes('.wdown.') ? 4 * dim : dim;
}

// The difference of two tensors of the same size.
export function compare(
  name: string,
  core: Float32Array,
  oracle: Float32Array,
  width: number,
): Difference {
  if (core.length !== oracle.length) {
    throw new Error(`${name}: ${core.length} values in the core, ${oracle.length} in the oracle`);
  }
  let [error, coreSquares, oracleSquares, product] = [0, 0, 0, 0];
  let [worst, largestGap] = [0, 0];
  for (let i = 0; i < core.length; i++) {
    const [a, b] = [core[i] ?? 0, oracle[i] ?? 0];
    error += (a - b) ** 2;
    coreSquares += a * a;
    oracleSquares += b * b;
    product += a * b;
    const gap = Number.isNaN(a - b) ? Number.POSITIVE_INFINITY : Math.abs(a - b);
    if (gap > largestGap) [worst, largestGap] = [i, gap];
  }
  return {
    name,
    relative: error === 0 ? 0 : Math.sqrt(error / coreSquares),
    cosine: error === 0 ? 1 : product / Math.sqrt(coreSquares * oracleSquares),
    largest: {
      row: Math.floor(worst / width),
      column: worst % width,
      core: core[worst] ?? Number.NaN,
      oracle: oracle[worst] ?? Number.NaN,
    },
  };
}

function toleranceOf(name: string): Tolerance {
  const row = tolerances.find(([names]) => names.test(name));
  if (!row) throw new Error(`no tolerance for ${name}`);
  return row[1];
}

// One tensor. Written so that NaN is wrong. A vector that is off by r has a cosine of 1 - r^2 / 2 at
// least, so the cosine sees the sign and direction of what the relative error sees the size of.
export function judge({ name, relative, cosine }: Difference): Verdict {
  const { order, flip } = toleranceOf(name);
  if (!(relative <= flip && cosine >= 1 - flip ** 2)) return 'wrong';
  return relative <= order ? 'order' : 'flip';
}

// Many tensors: the worst of them.
function judgeAll(differences: readonly Difference[]): Verdict {
  const verdicts = differences.map(judge);
  if (verdicts.includes('wrong')) return 'wrong';
  return verdicts.includes('flip') ? 'flip' : 'order';
}

// For people: the tensor that exceeds what the order allows by the largest factor, and where.
export function describeWorst(differences: readonly Difference[]): string {
  const excess = (d: Difference) => d.relative / Math.max(toleranceOf(d.name).order, 1e-12);
  const [worst] = [...differences].sort((a, b) => excess(b) - excess(a));
  if (!worst) return 'nothing was compared';
  const { name, relative, cosine, largest } = worst;
  return (
    `${name}: relative error ${relative.toExponential(1)}, cosine ${cosine.toFixed(6)}; ` +
    `most at row ${largest.row}, column ${largest.column}: ` +
    `core ${largest.core}, oracle ${largest.oracle}`
  );
}
