// From latents to the few values a weight can take, by the formulas of c/include/quantizer.h: a
// weight is scale of its row * code. In matrices of up to 2^13 weights (2^16 where the threshold is
// half the mean) all sums and products are of integers below 2^24, so they are exact here too.
import * as tf from '@tensorflow/tfjs-core';
import { packings, type Scheme } from '../../ts/program/checkpoint_layout.ts';

// Codes [R,C], and the scale of each row [R].
export interface Weights {
  codes: tf.Tensor2D;
  scale: tf.Tensor1D;
}

const LATENT_UNIT = 0.0015; // what a latent of 1 stands for

// Sum and number of the sizes of the latents of one row, or of the matrix in every row. [R,1]
interface Sizes {
  sum: tf.Tensor;
  count: tf.Tensor;
}

function sizesOf(size: tf.Tensor, counts: tf.Tensor, byRow: boolean): Sizes {
  const total = (x: tf.Tensor) => {
    const rows = tf.sum(x, 1, true);
    return byRow ? rows : tf.mul(tf.onesLike(rows), tf.sum(rows));
  };
  return { sum: total(tf.mul(size, counts)), count: total(counts) };
}

// Ones where the size is above top / bottom of the mean.
function above(size: tf.Tensor, { sum, count }: Sizes, top: number, bottom: number): tf.Tensor {
  const counted = tf.greater(tf.mul(tf.mul(size, count), bottom), tf.mul(sum, top));
  return tf.cast(counted, 'float32');
}

function meanWeight({ sum, count }: Sizes): tf.Tensor {
  return tf.mul(tf.div(sum, count), LATENT_UNIT);
}

function nearestPowerOfTwo(x: tf.Tensor): tf.Tensor {
  const powers = x.dataSync<'float32'>().map((value) => 2 ** Math.round(Math.log2(value)));
  return tf.tensor(powers, x.shape);
}

// Latents [R,C], whole or not, of a matrix that is not all zero.
export function quantize(scheme: Scheme, floatLatents: tf.Tensor): Weights {
  const latents = tf.round(floatLatents);
  const size = tf.abs(latents);
  const signs = tf.where(tf.less(latents, 0), tf.mul(-1, tf.onesLike(size)), tf.onesLike(size));
  const all = sizesOf(size, tf.onesLike(size), scheme === 'row');
  const mean = meanWeight(all);
  const weights = (codes: tf.Tensor, scale: tf.Tensor): Weights => ({
    codes: codes as tf.Tensor2D,
    scale: tf.reshape(scale, [-1]),
  });
  const trits = (counts: tf.Tensor) => tf.mul(signs, counts);
  const half = trits(above(size, all, 1, 2));
  switch (scheme) {
    case 'pow2':
      return weights(half, nearestPowerOfTwo(mean));
    case 'absmean':
    case 'row':
      return weights(half, mean);
    case 'constant':
      return weights(half, tf.fill(mean.shape, 1 / 16));
    case 'twn': {
      const counts = above(size, all, 7, 10);
      return weights(trits(counts), meanWeight(sizesOf(size, counts, false)));
    }
    case 'binary':
      return weights(signs, mean);
    case '2bit': {
      const codes = tf.add(signs, tf.mul(2, trits(above(size, all, 5, 4))));
      return weights(codes, tf.mul(0.625, mean));
    }
  }
}

// Weights without latents, as c/include/packing.h draws them. packed [R, bytes of a row], scale [R]
export function unpack(
  scheme: Scheme,
  packed: ArrayLike<number>,
  scale: ArrayLike<number>,
  [rows, columns]: [number, number],
): Weights {
  const { perByte, base } = packings[scheme];
  const rowBytes = Math.ceil(columns / perByte);
  const code = (row: number, column: number) => {
    const byte = packed[row * rowBytes + Math.floor(column / perByte)] ?? Number.NaN;
    const digit = Math.floor(byte / base ** (column % perByte)) % base;
    return base === 3 ? digit - 1 : 2 * digit - (base - 1);
  };
  const codes = Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => code(row, column)),
  );
  return { codes: tf.tensor2d(codes), scale: tf.tensor1d(Array.from(scale)) };
}
