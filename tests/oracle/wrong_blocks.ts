// The oracle with one mistake each, to show that the comparison finds it. All but the first leave
// the forward pass, and so the loss, as it is: only gradients can tell.
import * as tf from '@tensorflow/tfjs-core';
import {
  inputGradient,
  operation,
  rightBlocks,
  rope,
  straightThrough,
  weightGradient,
} from './blocks.ts';

// x with any value, and a gradient that is passed on as it is.
function asIf(x: tf.Tensor, value: tf.Tensor): tf.Tensor {
  return straightThrough(x, value, tf.scalar(1));
}

// Name of each mistake, and the blocks that make it.
export const mistakes: Readonly<Record<string, typeof rightBlocks>> = {
  'RoPE counts its pairs from the wrong end': {
    ...rightBlocks,
    rope: (x) => tf.reverse(rope(tf.reverse(x, -1)), -1),
  },
  'RoPE is not turned back': { ...rightBlocks, rope: (x) => asIf(x, rope(x)) },
  'rounding has the slope it really has, zero': {
    ...rightBlocks,
    straightThrough: (x, value, slope) => straightThrough(x, value, tf.zerosLike(slope)),
  },
  'the gradient of the weights has the other sign': {
    ...rightBlocks,
    weightGradient: (rounding, dy, x) => tf.neg(weightGradient(rounding, dy, x)),
  },
  'normalised heads forget that their length is fixed': {
    ...rightBlocks,
    normalizedHeads: (rounding, x, integers, step) => {
      const y = rightBlocks.normalizedHeads(rounding, x, integers, step);
      const inverseRms = tf.rsqrt(tf.mean(tf.square(x), -1, true));
      return operation(
        [x],
        () => ({ value: tf.clone(y), saved: [inverseRms] }),
        (dy, [saved]) => [tf.mul(dy, saved as tf.Tensor)],
      );
    },
  },
  'the gradient of a product is not rounded to int8': {
    ...rightBlocks,
    inputGradient: (_rounding, dy, trits) => tf.matMul(dy as tf.Tensor2D, trits as tf.Tensor2D),
  },
  'the gradient of a product is a thousandth too large': {
    ...rightBlocks,
    inputGradient: (rounding, dy, trits) => tf.mul(inputGradient(rounding, dy, trits), 1.001),
  },
};
