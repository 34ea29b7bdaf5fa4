// A Llama 2 in float64, and the tokens of a text, written anew from what llama2.c says of both: plain
// loops, no kernel and no order of the core.
import type { Llama2Model, Llama2Tensor, Piece } from '../llama2_files.ts';

/** What a mistake would change. */
export interface Laws {
  epsilon: number;
  base: number;
  /** The two places in a head that are turned together as pair i. */
  pair: (i: number, size: number) => [number, number];
  kvHeadOf: (head: number, heads: number, kvHeads: number) => number;
  silu: (x: number) => number;
  scoreScale: (size: number) => number;
}

export const rightLaws: Laws = {
  epsilon: 1e-5,
  base: 10000,
  pair: (i) => [2 * i, 2 * i + 1],
  kvHeadOf: (head, heads, kvHeads) => Math.floor(head / (heads / kvHeads)),
  silu: (x) => x / (1 + Math.exp(-x)),
  scoreScale: (size) => 1 / Math.sqrt(size),
};

type Vector = number[];

const at = (numbers: ArrayLike<number>, i: number) => numbers[i] ?? Number.NaN;

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += at(a, i) * at(b, i);
  return sum;
};

// The logits after each of the tokens.
export function oracleLogits(
  { shape, tensors }: Llama2Model,
  tokens: readonly number[],
  laws = rightLaws,
): Vector[] {
  const { dim, hidden, layers, heads, kvHeads } = shape;
  const size = dim / heads;
  const row = (name: Llama2Tensor, i: number, width = dim) =>
    tensors[name].subarray(i * width, (i + 1) * width);
  const product = (name: Llama2Tensor, layer: number, rows: number, x: Vector): Vector =>
    Array.from({ length: rows }, (_, r) => dot(row(name, layer * rows + r, x.length), x));
  const norm = (x: Vector, gain: Float32Array): Vector => {
    const inverse = 1 / Math.sqrt(dot(x, x) / dim + laws.epsilon);
    return x.map((value, i) => value * inverse * at(gain, i));
  };
  // Each head of x, turned by the angles of a position.
  const turn = (x: Vector, position: number): Vector[] =>
    Array.from({ length: x.length / size }, (_, h) => {
      const head = x.slice(h * size, (h + 1) * size);
      const turned = [...head];
      for (let i = 0; i < size / 2; i++) {
        const [first, second] = laws.pair(i, size);
        const angle = position * laws.base ** ((-2 * i) / size);
        const [a, b] = [at(head, first), at(head, second)];
        turned[first] = a * Math.cos(angle) - b * Math.sin(angle);
        turned[second] = a * Math.sin(angle) + b * Math.cos(angle);
      }
      return turned;
    });
  const cache = Array.from({ length: layers }, () => ({
    keys: [] as Vector[][],
    values: [] as Vector[][],
  }));
  const attend = (query: Vector, keys: readonly Vector[], values: readonly Vector[]): Vector => {
    const scores = keys.map((key) => dot(query, key) * laws.scoreScale(size));
    const largest = Math.max(...scores);
    const weights = scores.map((score) => Math.exp(score - largest));
    const sum = weights.reduce((a, b) => a + b);
    return Array.from({ length: size }, (_, i) =>
      values.reduce((total, value, t) => total + (at(weights, t) / sum) * at(value, i), 0),
    );
  };
  const add = (x: Vector, y: Vector): Vector => x.map((value, i) => value + at(y, i));
  return tokens.map((token, position) => {
    let x: Vector = [...row('embedding', token)];
    cache.forEach(({ keys, values }, l) => {
      const a = norm(x, row('attentionGain', l));
      const kv = size * kvHeads;
      const queries = turn(product('wq', l, dim, a), position);
      keys.push(turn(product('wk', l, kv, a), position));
      const value = product('wv', l, kv, a);
      values.push(Array.from({ length: kvHeads }, (_, j) => value.slice(j * size, (j + 1) * size)));
      const mixed = queries.flatMap((query, h) => {
        const j = laws.kvHeadOf(h, heads, kvHeads);
        const of = (each: Vector[][]) => each.map((all) => all[j] ?? []);
        return attend(query, of(keys), of(values));
      });
      x = add(x, product('wo', l, dim, mixed));
      const b = norm(x, row('mlpGain', l));
      const up = product('w3', l, hidden, b);
      const gate = product('w1', l, hidden, b).map((g, i) => laws.silu(g) * at(up, i));
      x = add(x, product('w2', l, dim, gate));
    });
    return product('classifier', 0, shape.vocab, norm(x, tensors.finalGain));
  });
}

// The tokens of a text: its characters, or their bytes, and the best pair joined until none is left.
export function oracleTokens(vocabulary: readonly Piece[], text: string): number[] {
  const find = (piece: string) => vocabulary.findIndex(([each]) => each === piece);
  if (text === '') return [1];
  const tokens = [...` ${text}`].flatMap((character) => {
    const token = find(character);
    return token >= 0 ? [token] : [...Buffer.from(character)].map((byte) => byte + 3);
  });
  for (;;) {
    let best = { score: -1e10, token: -1, place: -1 };
    for (let place = 0; place + 1 < tokens.length; place++) {
      const [left, right] = [tokens[place] ?? 0, tokens[place + 1] ?? 0];
      const token = find(`${vocabulary[left]?.[0]}${vocabulary[right]?.[0]}`);
      const score = vocabulary[token]?.[1] ?? Number.NEGATIVE_INFINITY;
      if (score > best.score) best = { score, token, place };
    }
    if (best.token < 0) return [1, ...tokens];
    tokens.splice(best.place, 2, best.token);
  }
}
