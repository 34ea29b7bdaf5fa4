// The logits of a float model of llama2.c, against an independent forward pass in float64: how far
// the program's arithmetic is from the exact one, and that a mistake in it would be seen.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { float32sOf } from '../../ts/program/bytes.ts';
import {
  type Llama2Model,
  type Llama2Shape,
  largeWeights,
  llama2File,
  llama2Tokenizer,
  pieces,
  randomLlama2,
} from '../llama2_files.ts';
import { runProgram } from '../program/program.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { records } from './dump.ts';
import { type Laws, oracleLogits, oracleTokens, rightLaws } from './llama2.ts';

const folder = useTemporaryFolder();
const at = (name: string) => path.join(folder(), name);

// Of the largest logit of a text: how far any logit may be off. Two to three times the most that was
// seen in 72 texts of random models of these shapes, 3.9e-6.
const BOUND = 1e-5;

const shapes: Readonly<Record<string, Llama2Shape>> = {
  'like stories260K': {
    ...{ dim: 64, hidden: 172, layers: 5, heads: 8, kvHeads: 4, vocab: 320, context: 96 },
  },
  'sizes that are multiples of nothing, a classifier of its own': {
    ...{ dim: 30, hidden: 37, layers: 2, heads: 3, kvHeads: 1, vocab: 307, context: 70 },
    ownClassifier: true,
  },
  'one head, one layer': {
    ...{ dim: 14, hidden: 9, layers: 1, heads: 1, kvHeads: 1, vocab: 311, context: 64 },
  },
};

const prompts = ['', 'the an\n', 'Once é upon the 日 and', '  a\tb'];

interface Written {
  /** The prompt's tokens, then the likeliest that followed. */
  tokens: number[];
  /** Those before each token that followed. */
  logits: Float32Array[];
}

// Lets the program go on with a prompt, each time with the likeliest token.
async function write(model: Llama2Model, version: 0 | 1, prompt: string): Promise<Written> {
  const vocabulary = pieces(model.shape.vocab);
  writeFileSync(at('m.bin'), llama2File(model, version));
  writeFileSync(at('t.bin'), llama2Tokenizer(vocabulary));
  writeFileSync(at('prompt'), prompt);
  const how = ['--tokens', '60', '--temperature', '0', '--dump', at('dump')];
  const files = ['--model', at('m.bin'), '--tokenizer', at('t.bin')];
  const begin = prompt ? ['--prompt-file', at('prompt')] : [];
  const result = await runProgram(['llama2', ...files, ...begin, ...how], folder(), 'host-sse');
  expect(result).toMatchObject({ stderr: '', exitCode: 0 });
  const logits = [...records(readFileSync(at('dump')))].map(({ data }) => float32sOf(data));
  const likeliest = logits.map((each) => each.indexOf(Math.max(...each)));
  return { tokens: [...oracleTokens(vocabulary, prompt), ...likeliest.slice(0, -1)], logits };
}

// The largest difference of a logit to that of the oracle, as a part of the largest logit.
function differenceOf(model: Llama2Model, { tokens, logits }: Written, laws = rightLaws): number {
  const exact = oracleLogits(model, tokens, laws).slice(-logits.length);
  let [difference, largest] = [0, 0];
  logits.forEach((each, i) => {
    each.forEach((logit, v) => {
      const right = exact[i]?.[v] ?? Number.NaN;
      difference = Math.max(difference, Math.abs(logit - right));
      largest = Math.max(largest, Math.abs(right));
    });
  });
  return difference / largest;
}

describe.each(Object.entries(shapes))('a model of llama2.c (%s)', (_, shape) => {
  test.each(prompts)(
    'its logits after %j are those of float64, as far as float32 goes',
    async (prompt) => {
      const model = randomLlama2(shape, 5);
      const written = await write(model, prompt === '' ? 1 : 0, prompt);
      expect(written.logits.length).toBeGreaterThan(10);
      expect(differenceOf(model, written)).toBeLessThan(BOUND);
    },
  );
});

test('numbers whose squares are beyond a float are computed, too', async () => {
  const shape = { ...shapes['one head, one layer'], layers: 2 } as Llama2Shape;
  const model = randomLlama2(shape, 4, largeWeights);
  const written = await write(model, 0, 'Once');
  expect(Math.max(...(written.logits[0] ?? []))).toBeGreaterThan(1e4);
  expect(differenceOf(model, written)).toBeLessThan(BOUND);
});

const mistakes: Readonly<Record<string, Partial<Laws>>> = {
  'pairs that lie half a head apart': { pair: (i, size) => [i, i + size / 2] },
  'another base of the angles': { base: 10001 },
  'another number under the root': { epsilon: 2e-5 },
  'heads that share the wrong keys': { kvHeadOf: (head, _, kvHeads) => head % kvHeads },
  'GELU in place of SiLU': { silu: (x) => x / (1 + Math.exp(-1.702 * x)) },
  'scores that are not scaled': { scoreScale: () => 1 },
};

test.each(Object.entries(mistakes))('%s would be seen', async (_, mistake) => {
  const model = randomLlama2(shapes['like stories260K'] as Llama2Shape, 6);
  const written = await write(model, 0, 'the and');
  expect(differenceOf(model, written)).toBeLessThan(BOUND);
  expect(differenceOf(model, written, { ...rightLaws, ...mistake })).toBeGreaterThan(2 * BOUND);
});
