// Holds the oracle's tensors of one training step against the core's, and judges the difference.
import type { Checkpoint } from '../../ts/program/checkpoint.ts';
import { type RowTable, rowTables } from '../../ts/program/checkpoint_layout.ts';
import { rightBlocks } from './blocks.ts';
import type { CoreStep } from './core.ts';
import type { Numbers, Tensors } from './dump.ts';
import { toUnits, unitOf } from './fixed.ts';
import { rowsOf, runOracle } from './model.ts';
import { Rounding } from './rounding.ts';

// Two things make a right oracle differ from the core.
//
// Order: both compute in binary32, but add in different orders. `order` allows for that. Matrix
// gradients are sums of integers times one power of two, so there it is nothing.
//
// Flips: where a value lies within such a difference of the middle between two integers, the two
// round it to different ones. One flip is 1/127 of its row's largest value, and all that is
// computed from it moves, too; `flip` is how far. About one step in six has one. It is not let
// pass: the oracle must then find ties which, rounded the other way, leave only the order
// (compareStep).
//
// A third thing is the core's alone: it adds gradients in fixed point. A sequence's share of a
// matrix is a sum of integers, so the oracle rounds it to the same unit and the result is the same
// to the bit. The shares of embeddings and gains are floats, and rounded position by position:
// roundingOf says how much of a difference that explains, and the bounds hold for what is left.
// (That the core cuts off shares of 64 and more is left out: no case here has one.)
//
// The bounds are two to three times the largest relative errors (L2) in 765 steps of random shapes,
// schemes, norms, activations and optimizers. With ties resolved, some of them farther from the
// middle than is looked for here, all but four were equal within `order`, their matrix gradients to
// the bit. One of the four had shares cut off. The others are not explained: they look like flips,
// equal but for what follows from a few rows, but the ties were not found.
interface Tolerance {
  order: number;
  flip: number;
}

const tolerances: readonly [names: RegExp, Tolerance][] = [
  [/^embedding$/, { order: 0, flip: 0 }],
  [/^shares$/, { order: 0, flip: 0.2 }],
  [/(after_attention|after_mlp|losses)$/, { order: 2.5e-7, flip: 0.02 }],
  [/before_(attention|mlp)\.gradient$/, { order: 1e-5, flip: 0.05 }],
  [/embedding\.gradient$/, { order: 3e-6, flip: 0.05 }],
  [/\.w\w+\.gradient$/, { order: 0, flip: 0.25 }],
  [/(query|output)_gain\.gradient$/, { order: 2e-4, flip: 0.35 }],
];

export interface Difference {
  name: string;
  /** |oracle - core| / |core|, of the tensor as a vector, without what fixed point explains. */
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

const MOST_TRIES = 60;

// Runs the oracle on the batch of a step. Where the result differs by what looks like a flip,
// rounds ties the other way, one after the other, and keeps what brings the two closer.
export function compareStep(core: CoreStep, blocks = rightBlocks): StepResult {
  let best = attempt(core, blocks, new Set());
  let untried = best.ties;
  for (let tries = 0; best.verdict === 'flip' && tries < MOST_TRIES; tries++) {
    const [tie, ...rest] = untried;
    if (tie === undefined) break;
    untried = rest;
    const next = attempt(core, blocks, new Set([...best.flipped, tie]));
    if (!isCloser(next.differences, best.differences)) continue;
    best = next;
    untried = best.ties.filter((candidate) => !next.flipped.has(candidate));
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
  const shares: Tensors[] = [];
  const suspects: string[] = []; // ties of sequences that differ, in the order in which they come
  const others: string[] = []; // may show in the weights' gradients only, whose ties come last
  const differences = core.sequences.flatMap((sequence, i) => {
    const rounding = new Rounding(`sequence ${i}`, flipped);
    const oracle = runOracle(checkpoint, sequence, { ...blocks, rounding });
    shares.push(oracle.gradients);
    const own = compareAll(checkpoint, dump.sequences[i] ?? new Map(), oracle.sequence);
    (judgeAll(own) === 'order' ? others : suspects).push(...rounding.ties);
    return own;
  });
  const sums = touchedRows(sumOf(shares, checkpoint), core);
  differences.push(...compareAll(checkpoint, dump.gradients, sums));
  const inOrder = [...suspects, ...others.reverse()];
  return { verdict: judgeAll(differences), differences, flipped, ties: inOrder };
}

function unitOfStep({ shape, training }: Checkpoint): number {
  return unitOf(training.batch, shape.context);
}

// Whether two agree for longer, in the order in which the core computes; or as long, but then
// differ by less. What comes after the first difference follows from it and tells nothing.
function isCloser(next: readonly Difference[], best: readonly Difference[]): boolean {
  const differs = (difference: Difference) => judge(difference) !== 'order';
  const [at, before] = [next.findIndex(differs), best.findIndex(differs)];
  if (at !== before) return at < 0 || at > before;
  return (next[at]?.relative ?? 0) < 0.9 * (best[at]?.relative ?? 0);
}

// The gradients of a batch from those of its sequences, the matrices' in fixed point.
export function sumOf(shares: readonly Tensors[], checkpoint: Checkpoint): Tensors {
  const sums: Tensors = new Map();
  for (const [name, share] of shares.flatMap((each) => [...each])) {
    const matrix = /\.w\w+\.gradient$/.test(name);
    const exact = matrix ? toUnits(share, unitOfStep(checkpoint)) : Float64Array.from(share);
    const sum = sums.get(name);
    sums.set(name, sum ? exact.map((value, i) => value + (sum[i] ?? Number.NaN)) : exact);
  }
  return sums;
}

// The same with those rows of the tables alone that the core sums: all, where a step has as many
// positions as there are rows, else those that it touches, in their order.
export function touchedRows(
  sums: Tensors,
  { checkpoint, sequences }: Omit<CoreStep, 'dump'>,
): Tensors {
  const { shape } = checkpoint;
  const touched: Tensors = new Map(sums);
  for (const table of rowTables(shape)) {
    if (table.rows <= sequences.length * shape.context) continue;
    const rows = sequences.flatMap(({ tokens }) => rowsOf(shape, rightBlocks, table, tokens));
    const distinct = [...new Set(rows)].sort((a, b) => a - b);
    const name = `${table.name}.gradient`;
    const sum = sums.get(name) ?? new Float64Array();
    const { width } = table;
    const kept = distinct.flatMap((row) => [...sum.subarray(row * width, (row + 1) * width)]);
    touched.set(name, Float64Array.from(kept));
  }
  return touched;
}

function compareAll(checkpoint: Checkpoint, core: Tensors, oracle: Tensors): Difference[] {
  const missing = [...oracle.keys()].filter((name) => !core.has(name));
  if (missing.length > 0) throw new Error(`the core did not dump ${missing.join(', ')}`);
  return [...core].map(([name, values]) => {
    const found = oracle.get(name) ?? new Float32Array();
    return compare(name, values, found, widthOf(checkpoint, name), roundingOf(checkpoint, name));
  });
}

// The difference, as a vector's length, that rounding to units makes in a gradient of floats. Each
// contribution is off by up to half a unit, by unit / sqrt(12) in the mean square.
//
// The embeddings get one contribution a position and column that is rounded, as an input (eight times
// the gradient of x, rounded once); as an output theirs are whole units in batches this small. The
// lengths of so many add up as their squares do, to within a fifth of the mean; twice the mean is
// allowed. A gain gets one from each sequence, which are few enough to be all off by half a unit in
// one direction.
function roundingOf(checkpoint: Checkpoint, name: string): number {
  const { dim, context, heads } = checkpoint.shape;
  const table = tableOf(checkpoint, name);
  const { batch } = checkpoint.training;
  const unit = unitOfStep(checkpoint);
  const ofMany = (contributions: number) => 2 * unit * Math.sqrt(contributions / 12);
  if (name === 'token_embedding.gradient') return ofMany(batch * context * dim);
  if (table) return ofMany(batch * context * table.width);
  if (name.endsWith('query_gain.gradient')) return (batch / 2) * unit * Math.sqrt(heads);
  return name.endsWith('output_gain.gradient') ? (batch / 2) * unit * Math.sqrt(2) : 0;
}

// The table of rows whose gradient it is.
function tableOf({ shape }: Checkpoint, name: string): RowTable | undefined {
  return rowTables(shape).find((table) => name === `${table.name}.gradient`);
}

// Length of the rows of a tensor, to say where in it something is.
function widthOf(checkpoint: Checkpoint, name: string): number {
  const { dim } = checkpoint.shape;
  const table = tableOf(checkpoint, name);
  if (table) return table.width;
  if (name === 'losses' || /(query|output)_gain/.test(name)) return 1;
  return name.includes('.wdown.') ? 4 * dim : dim;
}

// The difference of two tensors of the same size, less what is known to be rounding.
export function compare(
  name: string,
  core: Numbers,
  oracle: Numbers,
  width: number,
  rounding = 0,
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
  const explained = Math.sqrt(error) <= rounding; // even if the core has nothing but zeros
  return {
    name,
    relative: explained ? 0 : (Math.sqrt(error) - rounding) / Math.sqrt(coreSquares),
    cosine: explained ? 1 : product / Math.sqrt(coreSquares * oracleSquares),
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

// One tensor. Written so that NaN is wrong. A vector that is off by r has a cosine of 1 - r^2 / 2
// at least, so the cosine sees the sign and direction of what the relative error sees the size of.
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
