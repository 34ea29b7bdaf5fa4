// The building blocks of the oracle: each is a few lines of tensor operations, and each says what
// its gradient is meant to be. Most gradients are left to the library's automatic differentiation;
// the core's quantizers have slopes of zero almost everywhere, so those get one by hand:
//
//   straightThrough     rounding counts as the identity (Bengio et al., 2013)
//   normalizedHeads     RMS normalisation, whose gradient is taken at its int8 output
//   linear              a product whose backward products are in int8, too
//
// Shapes: T positions, D width, H heads, K head size, F hidden width, R x C a matrix (outputs x
// inputs). Names follow c/include/legacy_llm.h; nothing else is shared with the core.
import * as tf from '@tensorflow/tfjs-core';
import type { Activation, Norm, QkNorm, Shape } from '../../ts/program/checkpoint_layout.ts';
import { quantize, type Weights } from './quantizer.ts';
import type { Rounding } from './rounding.ts';

// An activation as the core sees it: real = units * step, one step a row. The units are integers,
// or in a product's output integers times the scale of their column's weights. Gradients belong to
// `real`; the other two are plain data.
export interface Quantized {
  real: tf.Tensor;
  units: tf.Tensor;
  step: tf.Tensor;
}

// What a model is made of, so that a test can put a wrong block in the place of a right one. All
// roundings of a run go through the one `rounding`.
export interface Blocks {
  rounding: Rounding;
  quantize: typeof quantize;
  straightThrough: typeof straightThrough;
  outputUnits: typeof outputUnits;
  withGradient: typeof withGradient;
  center: typeof center;
  isOn: typeof isOn;
  normalizedHeads: typeof normalizedHeads;
  rope: typeof rope;
  inputGradient: typeof inputGradient;
  weightGradient: typeof weightGradient;
  pairsOf: typeof pairsOf;
  ngramsOf: typeof ngramsOf;
  documentsOf: typeof documentsOf;
}

const SMALLEST_ABSMAX = 2 ** -20; // a row below it counts as zero
const SMALLEST_GRADIENT = 2 ** -40;

// ---- operations with a gradient of their own ----

export interface Operation {
  value: tf.Tensor;
  /** Tensors that the gradient needs. */
  saved: tf.Tensor[];
}

// Runs `forward`; backward(dy, saved) gives the gradient of each input.
export function operation(
  inputs: tf.Tensor[],
  forward: () => Operation,
  backward: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor[],
): tf.Tensor {
  return tf.customGrad((...args) => {
    const { value, saved } = forward();
    const save = args.at(-1) as tf.GradSaveFunc;
    save(saved);
    return { value, gradFunc: backward };
  })(...inputs);
}

// x itself; shows its value, and later its gradient, to whoever wants to look.
export function watch(
  x: tf.Tensor,
  show: (kind: 'value' | 'gradient', data: Float32Array) => void,
): tf.Tensor {
  const look = (kind: 'value' | 'gradient', y: tf.Tensor) => {
    show(kind, y.dataSync<'float32'>().slice());
    return tf.clone(y);
  };
  return operation(
    [x],
    () => ({ value: look('value', x), saved: [] }),
    (dy) => [look('gradient', dy)],
  );
}

// `value`, which is a rounded slope * x, with the gradient of slope * x.
export function straightThrough(x: tf.Tensor, value: tf.Tensor, slope: tf.Tensor): tf.Tensor {
  return operation(
    [x],
    () => ({ value: tf.clone(value), saved: [slope] }),
    (dy, [savedSlope]) => [tf.mul(dy, savedSlope as tf.Tensor)],
  );
}

// ---- int8 ----

// What takes each row to -127..127: k = 127 / max|x|, or 0 for a row that counts as zero.
function toInt8(x: tf.Tensor, smallest: number | tf.Tensor): tf.Tensor {
  const largest = tf.max(tf.abs(x), -1, true);
  return tf.where(tf.less(largest, smallest), tf.zerosLike(largest), tf.div(127, largest));
}

// x / k, or 0 where k is 0.
function divideOrZero(x: tf.Tensor | number, k: tf.Tensor): tf.Tensor {
  return tf.where(tf.equal(k, 0), tf.zerosLike(k), tf.div(x, k));
}

// x / rms(x) for rows of int8. A row holds a 127 unless it is zero, and then it stays zero.
function divideByRms(integers: tf.Tensor): Quantized {
  const meanSquare = tf.mean(tf.square(integers), -1, true);
  const inverseRms = tf.rsqrt(tf.maximum(meanSquare, 1));
  return { real: tf.mul(integers, inverseRms), units: integers, step: inverseRms };
}

// ---- logits ----

// x E^T. The gradient of E takes x in units of 1/one, as the core computes it: in binary32, one
// rounding an operation, so that none can fall the other way.
export function logitsOf(
  blocks: Blocks,
  x: Quantized,
  embedding: tf.Tensor,
  one: number,
): tf.Tensor {
  const output = embedding as tf.Tensor2D;
  return operation(
    [x.real, output],
    () => ({
      value: tf.matMul(x.real as tf.Tensor2D, output, false, true),
      saved: [output, blocks.outputUnits(x.units, one)],
    }),
    (dy, [savedOutput, units]) => [
      tf.matMul(dy as tf.Tensor2D, savedOutput as tf.Tensor2D),
      tf.matMul(dy as tf.Tensor2D, units as tf.Tensor2D, true),
    ],
  );
}

// Integers [T,D] over their root mean square, to multiples of 1/one.
export function outputUnits(integers: tf.Tensor, one: number): tf.Tensor2D {
  const rows = integers.arraySync() as number[][];
  const scaled = rows.map((row) => {
    const square = Math.fround(row.reduce((sum, q) => sum + q * q, 0) / row.length);
    const scale = square > 0 ? Math.fround(1 / Math.fround(Math.sqrt(square))) : 0;
    return row.map((q) => Math.fround(q * scale) * one);
  });
  return tf.div(tf.round(tf.tensor2d(scaled)), one);
}

// `value`, a number for each row of x, with the gradient that is given.
export function withGradient(x: tf.Tensor, value: tf.Tensor, gradient: tf.Tensor): tf.Tensor {
  return operation(
    [x],
    () => ({ value: tf.clone(value), saved: [gradient] }),
    (dy, [saved]) => [tf.mul(tf.expandDims(dy, -1), saved as tf.Tensor)],
  );
}

// x less the mean of its row.
export function center(x: tf.Tensor): tf.Tensor {
  return tf.sub(x, tf.mean(x, -1, true));
}

// norm(x), in int8: q = round(127 x / max|x|), then q / rms(q); of x less its mean for LayerNorm.
export function norm(blocks: Blocks, kind: Norm, input: tf.Tensor): Quantized {
  const x = kind === 'layer' ? blocks.center(input) : input;
  const k = toInt8(x, SMALLEST_ABSMAX);
  return divideByRms(blocks.straightThrough(x, blocks.rounding.round(tf.mul(x, k)), k));
}

// Where relu, in int8, passes a gradient on: what it rounds to 0 is off, too.
export function isOn(relu: tf.Tensor): tf.Tensor {
  return tf.cast(tf.greater(relu, 0), 'float32');
}

// relu(x) or its square, in int8, then its RMS norm.
export function activationNorm(blocks: Blocks, kind: Activation, x: Quantized): Quantized {
  const positive = tf.relu(x.units);
  const k = toInt8(positive, Number.MIN_VALUE);
  const rounded = blocks.rounding.round(tf.mul(positive, k));
  const slope = tf.mul(blocks.isOn(rounded), divideOrZero(k, x.step));
  const relu = blocks.straightThrough(x.real, rounded, slope);
  if (kind === 'relu') return divideByRms(relu);
  const square = tf.div(tf.square(relu), 127);
  return divideByRms(blocks.straightThrough(square, blocks.rounding.round(square), tf.scalar(1)));
}

// ---- heads ----

// [T, H * K] to [T, H, K].
function splitHeads({ real, units, step }: Quantized, heads: number): Quantized {
  const [T = 0, width = 0] = real.shape;
  const shape = [T, heads, width / heads];
  return {
    real: tf.reshape(real, shape),
    units: tf.reshape(units, shape),
    step: tf.reshape(step, [T, 1, 1]),
  };
}

// Values: every head's vector in int8. [T, H * K] to [T, H, K]
export function valueHeads(blocks: Blocks, x: Quantized, heads: number): tf.Tensor {
  return roundedHeads(blocks, splitHeads(x, heads));
}

// Vectors in int8, each with its own step. [T, H, K]
function roundedHeads(blocks: Blocks, { real, units, step }: Quantized): tf.Tensor {
  const k = toInt8(units, divideOrZero(SMALLEST_ABSMAX, step));
  const rounded = tf.mul(blocks.rounding.round(tf.mul(units, k)), divideOrZero(step, k));
  return blocks.straightThrough(real, rounded, tf.scalar(1));
}

// Queries and keys: every head's vector turned by its position, to RMS 1, in int8. (A turn does not
// change the RMS, so which comes first does not matter.) Without a norm they
// stay as large as they are. [T, H * K] to [T, H, K]
export function queryHeads(blocks: Blocks, kind: QkNorm, x: Quantized, heads: number): tf.Tensor {
  const { real, units, step } = splitHeads(x, heads);
  const turned = { real: blocks.rope(real), units: blocks.rope(units), step };
  return kind === 'rms'
    ? blocks.normalizedHeads(blocks.rounding, turned.real, turned.units, step)
    : roundedHeads(blocks, turned);
}

// units / rms(units) in int8. Its gradient is that of x / rms(x), x = units * step:
// dx = (dy - y mean(dy y)) / rms(x), with the rounded output as y, since that is what is kept.
export function normalizedHeads(
  rounding: Rounding,
  x: tf.Tensor,
  units: tf.Tensor,
  step: tf.Tensor,
): tf.Tensor {
  const forward = () => {
    const rms = tf.sqrt(tf.mean(tf.square(units), -1, true));
    const normalized = tf.mul(units, divideOrZero(1, rms));
    const k = toInt8(normalized, SMALLEST_ABSMAX);
    const value = tf.mul(rounding.round(tf.mul(normalized, k)), divideOrZero(1, k));
    return { value, saved: [value, divideOrZero(1, tf.mul(rms, step))] };
  };
  return operation([x], forward, (dy, saved) => {
    const [y, inverseRms] = saved as [tf.Tensor, tf.Tensor];
    const along = tf.mean(tf.mul(dy, y), -1, true);
    return [tf.mul(tf.sub(dy, tf.mul(y, along)), inverseRms)];
  });
}

// Rotary position embedding (Su et al., 2021): the pair (i, i + K/2) of position t turns by
// t * 100^(-2i/K). x [T, H, K]
export function rope(x: tf.Tensor): tf.Tensor {
  const [T = 0, , K = 0] = x.shape;
  const half = K / 2;
  const frequency = Array.from({ length: half }, (_, i) => 100 ** (-i / half));
  const angles = Array.from({ length: T }, (_, t) => [frequency.map((f) => t * f)]);
  const cosine = tf.tensor3d(angles.map(([row = []]) => [row.map(Math.cos)]));
  const sine = tf.tensor3d(angles.map(([row = []]) => [row.map(Math.sin)]));
  const [a, b] = tf.split(x, 2, -1) as [tf.Tensor, tf.Tensor];
  return tf.concat(
    [tf.sub(tf.mul(a, cosine), tf.mul(b, sine)), tf.add(tf.mul(a, sine), tf.mul(b, cosine))],
    -1,
  );
}

// ---- matrices ----

// y[T,R] = x[T,C] W[R,C]^T, W = scale * codes. The gradient of the weights is passed straight
// through to what stands behind them.
export function linear(
  blocks: Blocks,
  x: Quantized,
  latents: tf.Tensor,
  { codes, scale }: Weights,
): Quantized {
  const units = tf.mul(tf.matMul(x.units as tf.Tensor2D, codes, false, true), scale);
  const real = operation(
    [x.real, latents],
    () => ({ value: tf.mul(units, x.step), saved: [x.units, x.step, codes, scale] }),
    (dy, saved) => {
      const [xUnits, xStep, ...weights] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      return [
        blocks.inputGradient(blocks.rounding, dy, ...weights),
        blocks.weightGradient(blocks.rounding, tf.mul(dy, xStep), xUnits),
      ];
    },
  );
  return { real, units, step: x.step };
}

// dx[T,C] = (dy[T,R] scale[R]) codes[R,C], what is in brackets in int8.
export function inputGradient(
  rounding: Rounding,
  dy: tf.Tensor,
  codes: tf.Tensor,
  scale: tf.Tensor,
): tf.Tensor {
  const scaled = tf.mul(dy, scale);
  const k = toInt8(scaled, SMALLEST_GRADIENT);
  const integers = rounding.round(tf.mul(scaled, k));
  return tf.mul(tf.matMul(integers as tf.Tensor2D, codes as tf.Tensor2D), divideOrZero(1, k));
}

// dW[R,C] = dy[T,R]^T x[T,C], dy in int8 with one step, a power of two, for the whole sequence.
export function weightGradient(rounding: Rounding, dy: tf.Tensor, x: tf.Tensor): tf.Tensor {
  const largest = tf.max(tf.abs(dy)).dataSync()[0] ?? 0;
  const unit = largest < SMALLEST_GRADIENT ? 1 : 2 ** Math.ceil(Math.log2(largest / 127));
  const integers = rounding.round(tf.div(dy, unit));
  return tf.mul(tf.matMul(integers as tf.Tensor2D, x as tf.Tensor2D, true), unit);
}

// ---- documents ----

type Documents = Pick<Shape, 'vocab' | 'separator'>;

// The pair of each token with the one before it, or with 0 where there is none in its document.
export function pairsOf({ vocab, separator }: Documents, tokens: readonly number[]): number[] {
  const begins = (token: number) => separator > 0 && token === separator;
  return tokens.map((token, t) => (begins(token) ? 0 : (tokens[t - 1] ?? 0)) * vocab + token);
}

// The number that the last `count` tokens of each position make, newest first, in base V + 1 and
// modulo 2^32; V stands where its document has not begun.
export function ngramsOf(shape: Documents, tokens: readonly number[], count: number): number[] {
  const documents = documentsOf(shape, tokens);
  return tokens.map((_, t) => {
    let number = 0;
    for (let i = 0; i < count; i++) {
      const inside = t >= i && documents[t - i] === documents[t];
      number = Math.imul(number, shape.vocab + 1) + (inside ? (tokens[t - i] ?? 0) : shape.vocab);
    }
    return number | 0;
  });
}

// The number of the document that each position of a sequence is in.
export function documentsOf({ separator }: Documents, tokens: readonly number[]): number[] {
  let document = 0;
  return tokens.map((token) => {
    if (separator > 0 && token === separator) document++;
    return document;
  });
}

// The blocks as they should be.
export const rightBlocks: Omit<Blocks, 'rounding'> = {
  quantize,
  straightThrough,
  outputUnits,
  withGradient,
  center,
  isOn,
  normalizedHeads,
  rope,
  inputGradient,
  weightGradient,
  pairsOf,
  ngramsOf,
  documentsOf,
};
