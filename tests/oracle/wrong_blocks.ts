// The oracle with one mistake each, to show that the comparison finds it. All but those of RoPE's
// pairs, schemes and scales leave the forward pass, and so the loss, as it is: only gradients can
// tell.
import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '../../ts/program/checkpoint_layout.ts';
import {
  center,
  documentsOf,
  inputGradient,
  ngramsOf,
  operation,
  pairsOf,
  rightBlocks,
  rope,
  straightThrough,
  weightGradient,
} from './blocks.ts';
import type { Case } from './core.ts';
import { quantize } from './quantizer.ts';

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
  'the gradient of the widest matrix is dead': {
    ...rightBlocks,
    weightGradient: (rounding, dy, x) => {
      const gradient = weightGradient(rounding, dy, x);
      const [rows = 0, columns = 0] = gradient.shape;
      return rows > columns ? tf.zerosLike(gradient) : gradient;
    },
  },
  'normalised heads forget that their length is fixed': {
    ...rightBlocks,
    normalizedHeads: (rounding, x, units, step) => {
      const y = rightBlocks.normalizedHeads(rounding, x, units, step);
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
    inputGradient: (_rounding, dy, codes, scale) => exactInputGradient(dy, codes, scale),
  },
  'the gradient of a product is a thousandth too large': {
    ...rightBlocks,
    inputGradient: (...args) => tf.mul(inputGradient(...args), 1.001),
  },
  'the scale of the weights is a thousandth too large': {
    ...rightBlocks,
    quantize: (scheme, latents) => {
      const { codes, scale } = quantize(scheme, latents);
      return { codes, scale: tf.mul(scale, 1.001) };
    },
  },
};

function exactInputGradient(dy: tf.Tensor, codes: tf.Tensor, scale: tf.Tensor): tf.Tensor {
  return tf.matMul(tf.mul(dy, scale) as tf.Tensor2D, codes as tf.Tensor2D);
}

// The same of what only some models have: they must be found where `of` names them.
export const mistakesOf: Readonly<
  Record<string, { of: Partial<Shape & Case>; blocks: typeof rightBlocks }>
> = {
  'attention looks back beyond the separator': {
    of: { documentWords: 2 },
    blocks: { ...rightBlocks, documentsOf: (shape, tokens) => tokens.map(() => shape.separator) },
  },
  'a separator belongs to the document that it ends': {
    of: { documentWords: 2 },
    blocks: {
      ...rightBlocks,
      documentsOf: (shape, tokens) => documentsOf(shape, [0, ...tokens.slice(0, -1)]),
    },
  },
  'a separator makes a pair with what stands before it': {
    of: { documentWords: 2 },
    blocks: {
      ...rightBlocks,
      pairsOf: ({ vocab }, tokens) => pairsOf({ vocab, separator: 0 }, tokens),
    },
  },
  'an n-gram reaches back beyond the separator': {
    of: { documentWords: 2, ngrams: 4 },
    blocks: {
      ...rightBlocks,
      ngramsOf: ({ vocab }, tokens, count) => ngramsOf({ vocab, separator: 0 }, tokens, count),
    },
  },
  'an n-gram is read from its other end': {
    of: { ngrams: 5 },
    blocks: {
      ...rightBlocks,
      ngramsOf: (shape, tokens, count) => ngramsOf(shape, tokens.toReversed(), count).reverse(),
    },
  },
  'what follows a separator makes no pair with it': {
    of: { documentWords: 2 },
    blocks: {
      ...rightBlocks,
      pairsOf: (shape, tokens) =>
        pairsOf(shape, tokens).map((pair, t) =>
          tokens[t - 1] === shape.separator ? (tokens[t] ?? 0) : pair,
        ),
    },
  },
  'LayerNorm forgets the mean on its way back': {
    of: { norm: 'layer' },
    blocks: { ...rightBlocks, center: (x) => asIf(x, center(x)) },
  },
  'every row has the scale of the matrix': {
    of: { scheme: 'row' },
    blocks: {
      ...rightBlocks,
      quantize: (scheme, latents) => {
        const { codes, scale } = quantize(scheme, latents);
        return { codes, scale: tf.mul(tf.onesLike(scale), tf.mean(scale)) };
      },
    },
  },
  'the gradient of a product is rounded before it gets the scales of the rows': {
    of: { scheme: 'row' },
    blocks: {
      ...rightBlocks,
      inputGradient: (rounding, dy, codes, scale) => {
        const scaled = tf.mul(codes, tf.reshape(scale, [-1, 1]));
        return inputGradient(rounding, dy, scaled, tf.onesLike(scale));
      },
    },
  },
  'the weights are those of another scheme': {
    of: { scheme: 'twn' },
    blocks: {
      ...rightBlocks,
      quantize: (_scheme, latents) => quantize('absmean', latents),
    },
  },
  'ReLU lets gradients through where it is off': {
    of: { activation: 'relu' },
    blocks: { ...rightBlocks, isOn: (rounded) => tf.onesLike(rounded) },
  },
};
