// The oracle: the model of c/src/model/model.h written a second time, with a tensor library that
// differentiates it. It shares no code with the core, is slow, and is meant to be read.
//
//   x = 8 (token_embedding[token] + rows of its pair and n-grams, found by a hash)
//   each layer:  x += g Wo norm(attention(norm(x)))
//                x += h Wdown norm(act(Wup norm(x))),  act: relu or its square
//   (both see nothing of what stands before the newest separator: a document begins with it)
//   loss = sum over positions of cross-entropy(norm(x) token_embedding^T, next token)
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { type Checkpoint, sectionValues } from '../../ts/program/checkpoint.ts';
import {
  matrixShapes,
  ROW_UNIT,
  type RowTable,
  rowTables,
  type Scheme,
  type Shape,
  TOKEN_UNIT,
} from '../../ts/program/checkpoint_layout.ts';
import {
  activationNorm,
  type Blocks,
  linear,
  logitsOf,
  norm,
  type Quantized,
  queryHeads,
  valueHeads,
  watch,
} from './blocks.ts';
import { unpack, type Weights } from './quantizer.ts';

tf.enableProdMode(); // no advertisement for faster backends

// One sequence: each target is the token after its token.
export interface Sequence {
  tokens: readonly number[];
  targets: readonly number[];
  /** What the core rounded the gradients of the logits to, in shares. [T,V] */
  shares: Float32Array;
}

// Parameters by name: "layer0.query_gain" [H], "token_embedding" [V,D]; "layer0.wq" [R,C] as codes,
// to which the gradient of the latents belongs as well: rounding counts as the identity.
type Parameters = Record<string, tf.Tensor>;

// Everything that the core dumps of one sequence, and the sequence's share of the gradients.
export interface OracleResult {
  sequence: Map<string, Float32Array>;
  gradients: Map<string, Float32Array>;
}

// Forward and backward of one sequence.
export function runOracle(
  checkpoint: Checkpoint,
  sequence: Sequence,
  blocks: Blocks,
): OracleResult {
  const seen: OracleResult['sequence'] = new Map();
  const gradients: OracleResult['gradients'] = new Map();
  const show = (name: string, data: Float32Array) => seen.set(name, data);
  tf.tidy(() => {
    const weights = readWeights(checkpoint, blocks);
    const parameters = readParameters(checkpoint, weights);
    const names = Object.keys(parameters);
    const loss = (...tensors: tf.Tensor[]) => {
      const named = Object.fromEntries(tensors.map((tensor, i) => [names[i], tensor]));
      return tf.sum(losses({ ...checkpoint, parameters: named, weights, blocks }, sequence, show));
    };
    const found = tf.grads(loss)(Object.values(parameters));
    for (const [i, gradient] of found.entries()) {
      gradients.set(`${names[i]}.gradient`, gradient.dataSync<'float32'>().slice());
    }
  });
  return { sequence: seen, gradients };
}

// The matrices of all layers by name, as rows and columns.
function matricesOf(shape: Shape): [name: string, size: [number, number]][] {
  return Array.from({ length: shape.layers }, (_, layer) =>
    Object.entries(matrixShapes(shape)).map(
      ([name, size]) => [`layer${layer}.${name}`, size] as [string, [number, number]],
    ),
  ).flat();
}

function readTensor(checkpoint: Checkpoint, name: string, shape: number[]): tf.Tensor {
  return tf.tensor(Float32Array.from(sectionValues(checkpoint, name)), shape);
}

function readWeights(checkpoint: Checkpoint, blocks: Blocks): Record<string, Weights> {
  const { scheme, qkNorm } = checkpoint.shape;
  const read = (name: string, size: [number, number]): Weights => {
    const values = sectionValues(checkpoint, name);
    if (values instanceof Uint8Array) {
      return unpack(scheme, values, sectionValues(checkpoint, `${name}.scale`), size);
    }
    const weights = blocks.quantize(scheme, readTensor(checkpoint, name, size));
    const fixed = qkNorm === 'none' && /w[qk]$/.test(name);
    return fixed ? { ...weights, scale: unitScale(scheme, size) } : weights;
  };
  return Object.fromEntries(
    matricesOf(checkpoint.shape).map(([name, size]) => [name, read(name, size)]),
  );
}

// The scale of matrices whose outputs are not normalised: that of outputs of mean square 1.
function unitScale(scheme: Scheme, [rows, columns]: [number, number]): tf.Tensor1D {
  const meanSquare = scheme === '2bit' ? 4 : scheme === 'binary' ? 1 : 2 / 3;
  return tf.fill([rows], 1 / Math.sqrt(columns * meanSquare));
}

function readParameters(checkpoint: Checkpoint, weights: Record<string, Weights>): Parameters {
  const { layers, heads, dim, vocab } = checkpoint.shape;
  const shapes: Record<string, number[]> = {};
  for (let layer = 0; layer < layers; layer++) {
    shapes[`layer${layer}.query_gain`] = [heads];
    shapes[`layer${layer}.output_gain`] = [2];
  }
  const floats = Object.entries(shapes).map(
    ([name, shape]) => [name, readTensor(checkpoint, name, shape)] as const,
  );
  const scaled = (name: string, shape: number[], unit: number) =>
    [name, tf.mul(readTensor(checkpoint, name, shape), unit)] as const;
  const tokens = scaled('token_embedding', [vocab, dim], TOKEN_UNIT);
  const rows = rowTables(checkpoint.shape).map((table) =>
    scaled(table.name, [table.rows, table.width], ROW_UNIT),
  );
  const codes = Object.entries(weights).map(
    ([name, { codes }]) => [name, tf.clone(codes)] as const,
  );
  return Object.fromEntries([tokens, ...floats, ...rows, ...codes]);
}

// ---- the model ----

type Show = (name: string, data: Float32Array) => void;

// What the parts of one run share.
interface Run {
  shape: Shape;
  parameters: Parameters;
  weights: Record<string, Weights>;
  blocks: Blocks;
  /** x itself, its value shown as `value` and its gradient as `gradient`. */
  look: (x: tf.Tensor, names: { value?: string; gradient?: string }) => tf.Tensor;
}

// The cross-entropy of each position, in nats. [T]
function losses(
  parts: Omit<Run, 'look'>,
  { tokens, targets, shares }: Sequence,
  show: Show,
): tf.Tensor {
  const { shape, blocks } = parts;
  const look: Run['look'] = (x, names) =>
    watch(x, (kind, data) => {
      const name = names[kind];
      if (name) show(name, data);
    });
  const run: Run = { ...parts, look };
  let x = look(embed(run, tokens), { value: 'embedding' });
  const documents = blocks.documentsOf(shape, tokens);
  for (let l = 0; l < shape.layers; l++) x = mlp(run, l, attention(run, l, x, documents));
  const output = parameter(run, 'token_embedding') as tf.Tensor2D;
  const logits = logitsOf(
    blocks,
    norm(blocks, shape.norm, x),
    output,
    2 ** 16 / sharesOf(shape.vocab),
  );
  const wanted = tf.oneHot(tf.tensor1d([...targets], 'int32'), shape.vocab);
  const exact = tf.neg(tf.sum(tf.mul(wanted, tf.logSoftmax(logits)), -1));
  const rounded = roundedTo(tf.sub(tf.softmax(logits), wanted), shares);
  show('shares', rounded.dataSync<'float32'>().slice());
  const loss = blocks.withGradient(logits, exact, tf.div(rounded, sharesOf(shape.vocab)));
  return look(loss, { value: 'losses' });
}

// Into how many shares the core divides a probability, and how far the two may be apart in units of
// which 2^21 are a probability of 1: half of one for each token, and what binary32 makes of a sum of them.
const sharesOf = (vocab: number) => (vocab <= 256 ? 512 : 128);
const roundingOfShares = (vocab: number) => ((vocab / 2 + 8) * sharesOf(vocab)) / 2 ** 21;

// The gradients of logits in shares, as the core rounded them at random: to whole numbers, each the
// next one above or below, which together are nothing, to within one share of the sum's own rounding.
// Otherwise as they are.
function roundedTo(gradients: tf.Tensor, shares: Float32Array): tf.Tensor {
  const [rows = 0, vocab = 0] = gradients.shape;
  const exact = tf.mul(gradients, sharesOf(vocab));
  const values = exact.dataSync<'float32'>();
  const slack = roundingOfShares(vocab);
  const near = values.every((value, i) => {
    const share = shares[i] ?? Number.NaN;
    return Number.isInteger(share) && Math.abs(share - value) < 1 + slack;
  });
  const balanced = Array.from({ length: rows }, (_, t) =>
    shares.subarray(t * vocab, (t + 1) * vocab).reduce((sum, share) => sum + share, 0),
  ).every((sum) => Math.abs(sum) <= 1);
  return near && balanced && shares.length === values.length
    ? tf.tensor(shares, [rows, vocab])
    : exact;
}

// How much larger x is than its embeddings.
export const EMBEDDING_GAIN = 8;

// x[T,D]: the token's row, and the rows that it is hashed to together with those before it.
function embed(run: Run, tokens: readonly number[]): tf.Tensor {
  const rows = (name: string, indices: number[]) =>
    tf.gather(parameter(run, name), tf.tensor1d(indices, 'int32'));
  const sum = rowTables(run.shape).reduce(
    (x, table) => {
      const values = rows(table.name, rowsOf(run.shape, run.blocks, table, tokens));
      return tf.add(
        x,
        tf.pad(values as tf.Tensor2D, [
          [0, 0],
          [0, run.shape.dim - table.width],
        ]),
      );
    },
    rows('token_embedding', [...tokens]),
  );
  return tf.mul(sum, EMBEDDING_GAIN);
}

// The row of each position in a table.
export function rowsOf(
  shape: Shape,
  blocks: Pick<Blocks, 'pairsOf' | 'ngramsOf'>,
  { tokens: count, rows }: RowTable,
  tokens: readonly number[],
): number[] {
  if (count === 2) return blocks.pairsOf(shape, tokens).map((pair) => pairRow(rows, pair));
  return blocks.ngramsOf(shape, tokens, count).map((number) => mixed(number) % rows);
}

// Multiplicative hashing by 2^32 divided by the golden ratio, without its 7 lowest bits.
function pairRow(rows: number, pair: number): number {
  return (Math.imul(pair, 2654435761) >>> 7) % rows;
}

// A number of 32 bits by lowbias32 (Wellons, 2018), after that multiplication.
function mixed(number: number): number {
  const fold = (x: number, bits: number) => x ^ (x >>> bits);
  const first = Math.imul(fold(Math.imul(number, 0x9e3779b9), 16), 0x7feb352d);
  return fold(Math.imul(fold(first, 15), 0x846ca68b), 16) >>> 0;
}

// x += g Wo norm(attention(norm(x)))
function attention(
  run: Run,
  layer: number,
  input: tf.Tensor,
  documents: readonly number[],
): tf.Tensor {
  const { blocks, look } = run;
  const { heads, dim, norm: kind, qkNorm } = run.shape;
  const x = look(input, { gradient: `layer${layer}.before_attention.gradient` });
  const h = norm(blocks, kind, x);
  const query = byHead(queryHeads(blocks, qkNorm, product(run, layer, 'wq', h), heads));
  const key = byHead(queryHeads(blocks, qkNorm, product(run, layer, 'wk', h), heads));
  const value = byHead(valueHeads(blocks, product(run, layer, 'wv', h), heads));
  const gain = tf.reshape(parameter(run, `layer${layer}.query_gain`), [heads, 1, 1]);
  const sharpness = tf.div(gain, Math.sqrt(dim / heads));
  const scores = tf.mul(tf.matMul(query, key, false, true), sharpness);
  const mixed = tf.matMul(tf.softmax(visible(scores, documents)), value);
  const joined = tf.reshape(tf.transpose(mixed, [1, 0, 2]), x.shape);
  const out = product(run, layer, 'wo', withGain(run, layer, 0, norm(blocks, kind, joined)));
  return look(tf.add(x, out.real), { value: `layer${layer}.after_attention` });
}

// x += h Wdown norm(act(Wup norm(x)))
function mlp(run: Run, layer: number, input: tf.Tensor): tf.Tensor {
  const { blocks, look, shape } = run;
  const x = look(input, { gradient: `layer${layer}.before_mlp.gradient` });
  const up = product(run, layer, 'wup', norm(blocks, shape.norm, x));
  const hidden = withGain(run, layer, 1, activationNorm(blocks, shape.activation, up));
  const down = product(run, layer, 'wdown', hidden);
  return look(tf.add(x, down.real), { value: `layer${layer}.after_mlp` });
}

// ---- small parts ----

// An input of a product, times the gain of the product's output: the integers stay what they are.
function withGain(run: Run, layer: number, which: number, x: Quantized): Quantized {
  const gain = tf.slice(parameter(run, `layer${layer}.output_gain`), which, 1);
  return { real: tf.mul(x.real, gain), units: x.units, step: tf.mul(x.step, gain) };
}

function parameter(run: Run, name: string): tf.Tensor {
  const tensor = run.parameters[name];
  if (!tensor) throw new Error(`there is no parameter ${name}`);
  return tensor;
}

function product(run: Run, layer: number, matrix: string, x: Quantized): Quantized {
  const name = `layer${layer}.${matrix}`;
  const weights = run.weights[name];
  if (!weights) throw new Error(`there is no matrix ${name}`);
  return linear(run.blocks, x, parameter(run, name), weights);
}

// [T, H, K] to [H, T, K].
function byHead(x: tf.Tensor): tf.Tensor {
  return tf.transpose(x, [1, 0, 2]);
}

// Scores [H, T, T] without those of keys that come after their query, or are of another document.
function visible(scores: tf.Tensor, documents: readonly number[]): tf.Tensor {
  const mask = documents.map((document, t) =>
    documents.map((other, j) => (j > t || other !== document ? -1e9 : 0)),
  );
  return tf.add(scores, tf.tensor3d([mask]));
}
