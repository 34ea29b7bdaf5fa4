// The building blocks of the oracle: each is a few lines of tensor operations, and each says what
// its gradient is meant to be. Most gradients are left to the library's automatic differentiation;
// the core's quantizers have slopes of zero almost everywhere, so those get one by hand:
//
//   straightThrough     rounding counts as the identity (Bengio et al., 2013)
//   normalizedHeads     RMS normalisation, whose gradient is taken at its int8 output
//   ternaryLinear       a product whose backward products are in int8, too
//
// Shapes: T positions, D width, H heads, K head size, F hidden width, R x C a matrix (outputs x
// inputs). Names follow c/include/legacy_llm.h; nothing else is shared with the core.
import * as tf from '@tensorflow/tfjs-core';
import type { Rounding } from './rounding.ts';

// An activation as the core sees it: real = integers * step, one step a row. Gradients belong to
// `real`; the other two are plain data.
export interface Quantized {
  real: tf.Tensor;
  integers: tf.Tensor;
  step: tf.Tensor;
}

// What a model is made of, so that a test can put a wrong block in the place of a right one. All
// roundings of a run go through the one `rounding`.
export interface Blocks {
  rounding: Rounding;
  straightThrough: typeof straightThrough;
  normalizedHeads: typeof normalizedHeads;
  rope: typeof rope;
  inputGradient: typeof inputGradient;
  weightGradient: typeof weightGradient;
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
function toInt8(x: tf.Tensor, smallest: number): tf.Tensor {
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
  return { real: tf.mul(integers, inverseRms), integers, step: inverseRms };
}

// norm(x), in int8: q = round(127 x / max|x|), then q / rms(q).
export function norm(blocks: Blocks, x: tf.Tensor): Quantized {
  const k = toInt8(x, SMALLEST_ABSMAX);
  return divideByRms(blocks.straightThrough(x, blocks.rounding.round(tf.mul(x, k)), k));
}

// relu(x)^2, each of both in int8, then norm.
export function reluSquaredNorm(blocks: Blocks, x: Quantized): Quantized {
  const positive = tf.relu(x.integers);
  const k = toInt8(positive, 1);
  const slope = divideOrZero(k, x.step);
  const relu = blocks.straightThrough(
    tf.relu(x.real),
    blocks.rounding.round(tf.mul(positive, k)),
    slope,
  );
  const square = tf.div(tf.square(relu), 127);
  return divideByRms(blocks.straightThrough(square, blocks.rounding.round(square), tf.scalar(1)));
}

// ---- heads ----

// [T, H * K] to [T, H, K].
function splitHeads({ real, integers, step }: Quantized, heads: number): Quantized {
  const [T = 0, width = 0] = real.shape;
  const shape = [T, heads, width / heads];
  return {
    real: tf.reshape(real, shape),
    integers: tf.reshape(integers, shape),
    step: tf.reshape(step, [T, 1, 1]),
  };
}

// Values: every head's vector in int8. [T, H * K] to [T, H, K]
export function valueHeads(blocks: Blocks, x: Quantized, heads: number): tf.Tensor {
  const { real, integers, step } = splitHeads(x, heads);
  const k = toInt8(integers, 1);
  const rounded = tf.mul(blocks.rounding.round(tf.mul(integers, k)), divideOrZero(step, k));
  return blocks.straightThrough(real, rounded, tf.scalar(1));
}

// Queries and keys: every head's vector turned by its position, to RMS 1, in int8. (A turn does not
// change the RMS, so which comes first does not matter.) [T, H * K] to [T, H, K]
export function queryHeads(blocks: Blocks, x: Quantized, heads: number): tf.Tensor {
  const { real, integers, step } = splitHeads(x, heads);
  return blocks.normalizedHeads(blocks.rounding, blocks.rope(real), blocks.rope(integers), step);
}

// integers / rms(integers) in int8. Its gradient is that of x / rms(x), x = integers * step:
// dx = (dy - y mean(dy y)) / rms(x), with the rounded output as y, since that is what is kept.
export function normalizedHeads(
  rounding: Rounding,
  x: tf.Tensor,
  integers: tf.Tensor,
  step: tf.Tensor,
): tf.Tensor {
  const forward = () => {
    const rms = tf.sqrt(tf.mean(tf.square(integers), -1, true));
    const normalized = tf.mul(integers, divideOrZero(1, rms));
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
// t * 10000^(-2i/K). x [T, H, K]
export function rope(x: tf.Tensor): tf.Tensor {
  const [T = 0, , K = 0] = x.shape;
  const half = K / 2;
  const frequency = Array.from({ length: half }, (_, i) => 10000 ** (-i / half));
  const angles = Array.from({ length: T }, (_, t) => [frequency.map((f) => t * f)]);
  const cosine = tf.tensor3d(angles.map(([row = []]) => [row.map(Math.cos)]));
  const sine = tf.tensor3d(angles.map(([row = []]) => [row.map(Math.sin)]));
  const [a, b] = tf.split(x, 2, -1) as [tf.Tensor, tf.Tensor];
  return tf.concat(
    [tf.sub(tf.mul(a, cosine), tf.mul(b, sine)), tf.add(tf.mul(a, sine), tf.mul(b, cosine))],
    -1,
  );
}

// ---- ternary matrices ----

const LATENT_UNIT = 0.0015; // what a latent of 1 stands for

// Latents to -1, 0 and 1 (absmean, as BitNet b1.58): those of at least half the mean size count.
// The scale is the power of two nearest to that mean, on a logarithmic scale.
function ternary(latents: tf.Tensor): { trits: tf.Tensor; scale: number } {
  const mean = tf.mean(tf.abs(latents));
  const counts = tf.greater(tf.abs(latents), tf.div(mean, 2));
  const trits = tf.where(counts, tf.sign(latents), tf.zerosLike(latents));
  const size = mean.dataSync()[0] ?? 0;
  return { trits, scale: 2 ** Math.round(Math.log2(size * LATENT_UNIT)) };
}

// y[T,R] = x[T,C] W[R,C]^T. The weights' gradient is passed straight through to the latents.
export function ternaryLinear(blocks: Blocks, x: Quantized, latents: tf.Tensor): Quantized {
  const { trits, scale } = ternary(latents);
  const integers = tf.matMul(x.integers as tf.Tensor2D, trits as tf.Tensor2D, false, true);
  const step = tf.mul(x.step, scale);
  const real = operation(
    [x.real, latents],
    () => ({ value: tf.mul(integers, step), saved: [x.integers, x.step, trits] }),
    (dy, saved) => {
      const [xIntegers, xStep, savedTrits] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
      return [
        tf.mul(blocks.inputGradient(blocks.rounding, dy, savedTrits), scale),
        blocks.weightGradient(blocks.rounding, tf.mul(dy, xStep), xIntegers),
      ];
    },
  );
  return { real, integers, step };
}

// dx[T,C] = dy[T,R] W[R,C], dy in int8 with a step for each position.
export function inputGradient(rounding: Rounding, dy: tf.Tensor, trits: tf.Tensor): tf.Tensor {
  const k = toInt8(dy, SMALLEST_GRADIENT);
  const integers = rounding.round(tf.mul(dy, k));
  return tf.mul(tf.matMul(integers as tf.Tensor2D, trits as tf.Tensor2D), divideOrZero(1, k));
}

// dW[R,C] = dy[T,R]^T x[T,C], dy in int8 with one step, a power of two, for the whole sequence.
export function weightGradient(rounding: Rounding, dy: tf.Tensor, x: tf.Tensor): tf.Tensor {
  const largest = tf.max(tf.abs(dy)).dataSync()[0] ?? 0;
  const unit = largest < SMALLEST_GRADIENT ? 1 : 2 ** Math.ceil(Math.log2(largest / 127));
  const integers = rounding.round(tf.div(dy, unit));
  return tf.mul(tf.matMul(integers as tf.Tensor2D, x as tf.Tensor2D, true), unit);
}

// The blocks as they should be.
export const rightBlocks: Omit<Blocks, 'rounding'> = {
  straightThrough,
  normalizedHeads,
  rope,
  inputGradient,
  weightGradient,
};
