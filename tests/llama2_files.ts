// Models and tokenizers in the formats of llama2.c, written by the tests themselves: small ones of
// random weights, since none of the real ones is in the repository.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { seededRandom } from '../ts/support/random.ts';

export interface Llama2Shape {
  dim: number;
  hidden: number;
  layers: number;
  heads: number;
  kvHeads: number;
  vocab: number;
  context: number;
  ownClassifier?: boolean;
}

const names = [
  ...(['embedding', 'attentionGain', 'wq', 'wk', 'wv', 'wo', 'mlpGain', 'w1', 'w2'] as const),
  ...(['w3', 'finalGain', 'classifier'] as const),
];
export type Llama2Tensor = (typeof names)[number];

export interface Llama2Model {
  shape: Llama2Shape;
  /** All layers of each, row by row; the classifier may be the embedding. */
  tensors: Record<Llama2Tensor, Float32Array>;
}

// Layers, rows and columns of each tensor.
function extentsOf(shape: Llama2Shape): Record<Llama2Tensor, [number, number, number]> {
  const { dim, hidden, layers, heads, kvHeads, vocab } = shape;
  const kv = (dim / heads) * kvHeads;
  return {
    embedding: [1, vocab, dim],
    attentionGain: [layers, 1, dim],
    wq: [layers, dim, dim],
    wk: [layers, kv, dim],
    wv: [layers, kv, dim],
    wo: [layers, dim, dim],
    mlpGain: [layers, 1, dim],
    w1: [layers, hidden, dim],
    w2: [layers, dim, hidden],
    w3: [layers, hidden, dim],
    finalGain: [1, 1, dim],
    classifier: [1, vocab, dim],
  };
}

// Draws a weight of a tensor with so many columns.
export type Draw = (random: () => number, tensor: Llama2Tensor, columns: number) => number;

// Gains around 1, and matrices that keep the size of what comes in.
const ordinary: Draw = (random, tensor, columns) =>
  /Gain$/.test(tensor)
    ? 0.7 + 0.6 * random()
    : ((2 * random() - 1) * 3) / (tensor === 'embedding' ? 5 : Math.sqrt(columns));

// As large as may be: the squares of what comes out are beyond a float.
export const largeWeights: Draw = (random) =>
  (random() < 0.5 ? -1 : 1) * 256 * (0.5 + random() / 2);

// A model of random weights.
export function randomLlama2(shape: Llama2Shape, seed: number, draw = ordinary): Llama2Model {
  const random = seededRandom(seed);
  const extents = extentsOf(shape);
  const tensor = (name: Llama2Tensor) => {
    const [layers, rows, columns] = extents[name];
    return Float32Array.from({ length: layers * rows * columns }, () =>
      draw(random, name, columns),
    );
  };
  const drawn = names.map((name) => [name, tensor(name)] as const);
  const tensors = Object.fromEntries(drawn) as Record<Llama2Tensor, Float32Array>;
  return {
    shape,
    tensors: shape.ownClassifier ? tensors : { ...tensors, classifier: tensors.embedding },
  };
}

function int32s(...numbers: number[]): Buffer {
  const bytes = Buffer.alloc(4 * numbers.length);
  numbers.forEach((number, i) => {
    bytes.writeInt32LE(number, 4 * i);
  });
  return bytes;
}

function float32s(numbers: Float32Array): Buffer {
  const bytes = Buffer.alloc(4 * numbers.length);
  numbers.forEach((number, i) => {
    bytes.writeFloatLE(number, 4 * i);
  });
  return bytes;
}

const order1: readonly Llama2Tensor[] = [
  ...(['attentionGain', 'mlpGain', 'finalGain', 'embedding', 'wq', 'wk', 'wv', 'wo'] as const),
  ...(['w1', 'w2', 'w3'] as const),
];

// A model as a file of version 0 or 1. The angles of version 0 are numbers that nobody should read.
export function llama2File({ shape, tensors }: Llama2Model, version: 0 | 1 = 0): Buffer {
  const { dim, hidden, layers, heads, kvHeads, vocab, context, ownClassifier } = shape;
  const sizes = (tokens: number) => int32s(dim, hidden, layers, heads, kvHeads, tokens, context);
  const classifier = ownClassifier ? [float32s(tensors.classifier)] : [];
  if (version === 0) {
    const angles = new Float32Array(context * (dim / heads)).fill(Number.NaN);
    const weights = names.slice(0, -1).map((name) => float32s(tensors[name]));
    const header = sizes(ownClassifier ? -vocab : vocab);
    return Buffer.concat([header, ...weights, float32s(angles), ...classifier]);
  }
  const head = Buffer.concat([int32s(0x616b3432, 1), sizes(vocab)]);
  const rest = Buffer.alloc(256 - head.length);
  rest[0] = ownClassifier ? 0 : 1;
  return Buffer.concat([
    head,
    rest,
    ...order1.map((name) => float32s(tensors[name])),
    ...classifier,
  ]);
}

/** A piece of a vocabulary, and its score. */
export type Piece = readonly [text: string, score: number];

// A vocabulary of so many tokens: the three that have no text, each byte, then characters and what is
// joined of them, the more letters the worse.
export function pieces(count: number): Piece[] {
  const byte = (value: number) => `<0x${value.toString(16).toUpperCase().padStart(2, '0')}>`;
  const joined = ['th', 'he', ' t', ' the', 'the', 'in', 'er', ' a', 'an', 'and', ' and', 'Once'];
  const texts = [' ', ...'etaoinshrdlucmfwypvbgkjqxzOT.,\n', 'é', ...joined];
  const all: Piece[] = [
    ...(['<unk>', '\n<s>\n', '\n</s>\n'] as const).map((text) => [text, 0] as const),
    ...Array.from({ length: 256 }, (_, value) => [byte(value), 0] as const),
    ...texts.map((text, i) => [text, -i] as const),
  ];
  while (all.length < count) all.push([`w${all.length}`, -all.length]);
  return all.slice(0, count);
}

// A vocabulary as a file.
export function llama2Tokenizer(vocabulary: readonly Piece[]): Buffer {
  const encoded = vocabulary.map(([text]) => Buffer.from(text));
  const parts = vocabulary.map(([, score], i) => {
    const bytes = encoded[i] ?? Buffer.alloc(0);
    const head = Buffer.alloc(8);
    head.writeFloatLE(score, 0);
    head.writeInt32LE(bytes.length, 4);
    return Buffer.concat([head, bytes]);
  });
  return Buffer.concat([int32s(Math.max(...encoded.map(({ length }) => length))), ...parts]);
}

// A model of llama2.c and the vocabulary of its tokenizer, for tests of something else.
export const smallLlama2 = {
  ...{ dim: 16, hidden: 24, layers: 2, heads: 4, kvHeads: 2, vocab: 304, context: 40 },
};

// Writes both into a folder, as m.bin and t.bin.
export function placeLlama2(folder: string): void {
  writeFileSync(path.join(folder, 'm.bin'), llama2File(randomLlama2(smallLlama2, 3)));
  writeFileSync(path.join(folder, 't.bin'), llama2Tokenizer(pieces(smallLlama2.vocab)));
}
