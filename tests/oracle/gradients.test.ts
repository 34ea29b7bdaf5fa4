// Holds every layer's gradient in the core against the oracle, over shapes, seeds and ages.
import { beforeAll, describe, expect, it } from 'vitest';
import { buildTarget } from '../../ts/build/build.ts';
import { findTarget } from '../../ts/build/targets.ts';
import type { Shape } from '../../ts/program/checkpoint_layout.ts';
import { rightBlocks } from './blocks.ts';
import { compare, compareStep, describeWorst, judge, sumOf, touchedRows } from './compare.ts';
import { type Case, type CoreStep, runCore } from './core.ts';
import { runOracle } from './model.ts';
import { Rounding } from './rounding.ts';
import { mistakes, mistakesOf } from './wrong_blocks.ts';

const small: Case = {
  layers: 1,
  heads: 1,
  dim: 24,
  context: 16,
  bigramRows: 64,
  batch: 1,
  seed: 1,
  stepsBefore: 1,
  scheme: 'pow2',
  norm: 'rms',
  act: 'relu2',
  optimizer: 'lion',
};

// Head counts 1 to 4, widths that are no powers of two, one layer to three, with and without bigram
// rows; after one step, when gains are all but 1, and after many, when nothing is as it began.
const cases: readonly Case[] = [
  small,
  { ...small, heads: 2, seed: 2 },
  { ...small, heads: 4, dim: 40, seed: 3 },
  { ...small, layers: 2, heads: 2, dim: 40, bigramRows: 0, seed: 16 },
  { ...small, layers: 2, heads: 4, context: 33, seed: 5 },
  { ...small, layers: 3, heads: 3, dim: 18, seed: 6 },
  { ...small, layers: 3, heads: 2, batch: 2, seed: 7 },
  { ...small, heads: 3, dim: 30, bigramRows: 7, batch: 3, context: 9, seed: 8 },
  { ...small, stepsBefore: 30, seed: 9 },
  { ...small, layers: 2, heads: 2, stepsBefore: 30, seed: 10 },
  { ...small, layers: 2, heads: 4, dim: 40, stepsBefore: 30, seed: 11 },
  { ...small, layers: 3, heads: 2, dim: 20, bigramRows: 0, stepsBefore: 30, seed: 12 },
  { ...small, layers: 3, heads: 4, dim: 40, context: 33, stepsBefore: 30, seed: 13 },
  { ...small, layers: 2, heads: 1, dim: 10, batch: 2, stepsBefore: 100, seed: 14 },
  { ...small, layers: 2, heads: 3, dim: 42, stepsBefore: 200, seed: 15 },
  { ...small, layers: 2, heads: 4, dim: 64, context: 64, stepsBefore: 10, seed: 17 },
];

// Each scheme, norm and activation, alone and together; latents in int8, in float, and none.
const methods: readonly Case[] = [
  { ...small, scheme: 'absmean', heads: 2, seed: 21 },
  { ...small, scheme: 'twn', layers: 2, stepsBefore: 20, seed: 22 },
  { ...small, scheme: 'row', layers: 2, heads: 3, dim: 42, stepsBefore: 20, seed: 23 },
  { ...small, scheme: 'constant', layers: 2, batch: 2, seed: 24 },
  { ...small, scheme: 'binary', heads: 2, stepsBefore: 20, seed: 25 },
  { ...small, scheme: '2bit', layers: 2, heads: 2, batch: 3, seed: 26 },
  { ...small, norm: 'layer', heads: 2, seed: 27 },
  { ...small, norm: 'layer', layers: 2, stepsBefore: 20, seed: 28 },
  { ...small, act: 'relu', heads: 2, seed: 29 },
  { ...small, act: 'relu', layers: 2, bigramRows: 0, stepsBefore: 20, seed: 30 },
  { ...small, scheme: 'row', norm: 'layer', act: 'relu', layers: 2, stepsBefore: 20, seed: 31 },
  { ...small, scheme: '2bit', norm: 'layer', act: 'relu', heads: 3, dim: 30, batch: 2, seed: 32 },
  { ...small, qkNorm: 'none', heads: 2, seed: 36 },
  { ...small, qkNorm: 'none', layers: 2, heads: 4, dim: 40, stepsBefore: 30, seed: 37 },
  { ...small, qkNorm: 'none', norm: 'layer', bigramRows: 0, stepsBefore: 100, seed: 38 },
  { ...small, optimizer: 'direct', layers: 2, heads: 2, stepsBefore: 20, seed: 33 },
  { ...small, optimizer: 'adam', scheme: 'row', dim: 18, stepsBefore: 20, seed: 34 },
  { ...small, optimizer: 'muon-float', scheme: 'binary', layers: 2, stepsBefore: 20, seed: 35 },
];

// Documents, the tokens of bytes and of pairs (two bytes each in the file), alone and together.
const tokenizers: readonly Case[] = [
  { ...small, documentWords: 1, heads: 2, seed: 41 },
  { ...small, documentWords: 2, context: 33, layers: 2, heads: 2, batch: 2, seed: 42 },
  { ...small, documentWords: 2, context: 33, layers: 2, heads: 3, dim: 30, seed: 43 },
  { ...small, documentWords: 3, layers: 2, bigramRows: 0, norm: 'layer', seed: 44 },
  { ...small, tokenizer: 'bytes', heads: 2, seed: 45 },
  { ...small, tokenizer: 'bpe', vocab: 300, layers: 2, heads: 2, batch: 2, seed: 46 },
  { ...small, tokenizer: 'bpe', vocab: 300, documentWords: 3, layers: 2, heads: 2, seed: 47 },
  { ...small, tokenizer: 'bytes', documentWords: 4, batch: 2, optimizer: 'direct', seed: 48 },
];

// Embeddings of n-grams, with more rows than a step has positions and with fewer, wide and narrow.
const ngrams: readonly Case[] = [
  { ...small, ngrams: 3, ngramRows: 100, ngramWidth: 24, heads: 2, stepsBefore: 5, seed: 51 },
  { ...small, ngrams: 5, ngramRows: 12, ngramWidth: 7, layers: 2, heads: 2, batch: 2, seed: 52 },
  {
    ...small,
    ...{ ngrams: 4, ngramRows: 300, ngramWidth: 8, documentWords: 2, context: 33 },
    ...{ layers: 2, heads: 2, stepsBefore: 20, seed: 53 },
  },
  {
    ...small,
    ngrams: 4,
    ngramRows: 50,
    ngramWidth: 5,
    bigramRows: 0,
    optimizer: 'direct',
    seed: 54,
  },
];

const all = [...cases, ...methods, ...tokenizers, ...ngrams];

const steps = new Map<Case, CoreStep>();

function step(chosen: Case): CoreStep {
  const found = steps.get(chosen);
  if (!found) throw new Error('this case was not run');
  return found;
}

beforeAll(async () => {
  const { program } = await buildTarget(findTarget('host'));
  for (const chosen of all) steps.set(chosen, await runCore(program, chosen));
});

// A sequence shows its embedding, its shares, its losses and each layer's x twice with its gradient;
// the batch, the gradients of each layer's six matrices and gains, and of each embedding.
function tensorsOf({ layers, batch, bigramRows, ngrams = 2 }: Case): number {
  return batch * (3 + 4 * layers) + 8 * layers + (bigramRows > 0 ? 2 : 1) + ngrams - 2;
}

describe('the core', () => {
  it.each(all)(
    'when $layers layers, $heads heads, width $dim, context $context, batch $batch have done ' +
      '$stepsBefore steps ($optimizer, $scheme, $norm, $act, $tokenizer, $documentWords), then every tensor of the next is ' +
      'the oracle’s',
    (chosen) => {
      const { verdict, differences, flipped } = compareStep(step(chosen));
      expect(differences).toHaveLength(tensorsOf(chosen));
      expect(verdict, describeWorst(differences)).toBe('order');
      expect(flipped.length).toBeLessThanOrEqual(2 * chosen.batch);
    },
  );
});

describe('the comparison', () => {
  const some = cases.filter(({ layers }) => layers === 2).slice(0, 2);

  it.each(Object.entries(mistakes))('when %s, then it is rejected', (_mistake, blocks) => {
    for (const chosen of some) {
      const { verdict, differences } = compareStep(step(chosen), blocks);
      expect(verdict, describeWorst(differences)).not.toBe('order');
    }
  });

  it.each(Object.entries(mistakesOf))(
    'when %s, then it is rejected where that matters',
    (_mistake, { of, blocks }) => {
      const have = all.filter(({ layers, act, ...rest }) => {
        const shape: Partial<Shape & Case> = { ...rest, activation: act };
        return (
          layers === 2 &&
          Object.entries(of).every(([key, value]) => shape[key as keyof typeof shape] === value)
        );
      });
      expect(have.length).toBeGreaterThan(0);
      for (const chosen of have) {
        const { verdict, differences } = compareStep(step(chosen), blocks);
        expect(verdict, describeWorst(differences)).not.toBe('order');
      }
    },
  );

  it('when any one gradient of the core is dead, then it is rejected', () => {
    for (const chosen of some) {
      const { checkpoint, dump, sequences } = step(chosen);
      for (const [name, values] of dump.gradients) {
        const gradients = new Map(dump.gradients).set(name, new Float64Array(values.length));
        const dead = { checkpoint, sequences, dump: { ...dump, gradients } };
        expect(compareStep(dead).verdict, name).toBe('wrong');
      }
    }
  });

  it('when a difference is what fixed point explains, then it is none', () => {
    const core = new Float64Array(4);
    const oracle = core.with(2, 0.5);
    expect(judge(compare('layer0.query_gain.gradient', core, oracle, 1, 0.5))).toBe('order');
    expect(judge(compare('layer0.query_gain.gradient', core, oracle, 1, 0.49))).toBe('wrong');
  });

  it('when one tie was rounded the other way, then it is found and all else agrees', () => {
    const { checkpoint, sequences } = step(small);
    const plain = new Rounding('sequence 0', new Set());
    const run = (rounding: Rounding) =>
      sequences.map((sequence) => runOracle(checkpoint, sequence, { ...rightBlocks, rounding }));
    run(plain);
    const [tie = 'none'] = plain.ties;
    const [other] = run(new Rounding('sequence 0', new Set([tie])));
    if (!other) throw new Error('there is no sequence');
    const gradients = touchedRows(sumOf([other.gradients], checkpoint), { checkpoint, sequences });
    const dump = { sequences: [other.sequence], gradients };
    const { verdict, flipped } = compareStep({ checkpoint, sequences, dump });
    expect(flipped).toEqual([tie]);
    expect(verdict).toBe('order');
  });

  it('when one value of a tensor is off, then the report names its place', () => {
    const core = new Float32Array(96).fill(1);
    const oracle = core.with(29, 1.5);
    const difference = compare('layer0.wq.gradient', core, oracle, 24);
    expect(judge(difference)).toBe('flip');
    expect(describeWorst([difference])).toContain('row 1, column 5: core 1, oracle 1.5');
  });

  it('when a tensor holds what is no number, then it is wrong', () => {
    const core = new Float32Array(4).fill(1);
    const difference = compare('losses', core, core.with(2, Number.NaN), 1);
    expect(judge(difference)).toBe('wrong');
    expect(difference.largest.row).toBe(2);
  });
});
