// What stands in a GGUF file, read by a library of others and by the layouts of blocks.h; the same
// bytes from every build; and what cannot be written, or not over what is there.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gguf } from '@huggingface/gguf';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Checkpoint, readCheckpoint, sectionValues } from '../../ts/program/checkpoint.ts';
import type { Scheme } from '../../ts/program/checkpoint_layout.ts';
import { sha256 } from '../../ts/support/hash.ts';
import { unpack } from '../oracle/quantizer.ts';
import { onlyLine, runProgram } from '../program/program.ts';
import { stories, storiesOf } from '../stories.ts';
import { temporaryFolderOfSuite } from '../temporary.ts';
import { dequantize } from './dequantize.ts';

const folder = temporaryFolderOfSuite();
const at = (name: string) => path.join(folder(), name);

const shape = ['--layers', '2', '--heads', '4', '--context', '16', '--batch', '2', '--steps', '4'];
const options = [...shape, '--qk-norm', 'none', '--bigram-rows', '0', '--counts', 'none'];

async function run(args: readonly string[], target?: string): Promise<void> {
  expect(await runProgram(args, undefined, target)).toMatchObject({ stderr: '', exitCode: 0 });
}

const train = (out: string, ...more: string[]) =>
  run(['train', '--text', at('text'), '--out', at(out), '--force', ...options, ...more]);

const exportArgs = (model: string, out: string, ...more: string[]) => [
  ...['export', '--model', at(model), '--out', at(out), '--format', 'gguf'],
  ...more,
];

beforeAll(() => writeFileSync(at('text'), storiesOf(8000)));

// The weights of a matrix of an exported model, each with the scale of its row. [R,C]
function weightsOf(model: Checkpoint, name: string, rows: number): number[][] {
  const packed = sectionValues(model, name) as Uint8Array;
  const scale = sectionValues(model, `${name}.scale`);
  const { dim, scheme } = model.shape;
  const columns = name.endsWith('wdown') ? 4 * dim : dim;
  const codes = unpack(scheme, packed, scale, [rows, columns]).codes.arraySync();
  return codes.map((row, r) => row.map((code) => code * (scale[r] ?? Number.NaN)));
}

// What each matrix of a layer is multiplied with besides, by row.
function gainsOf(model: Checkpoint, layer: string): Record<string, (row: number) => number> {
  const { dim, heads } = model.shape;
  const queryGain = sectionValues(model, `${layer}.query_gain`);
  const [attention = 0, mlp = 0] = sectionValues(model, `${layer}.output_gain`);
  return {
    attn_q: (row) => queryGain[Math.floor((row * heads) / dim)] ?? Number.NaN,
    attn_k: () => 1,
    attn_v: () => 1,
    attn_output: () => attention / 8,
    ffn_gate: () => 4096,
    ffn_up: () => 1,
    ffn_down: () => mlp / 8,
  };
}

const SECTIONS: Readonly<Record<string, string>> = {
  ...{ attn_q: 'wq', attn_k: 'wk', attn_v: 'wv', attn_output: 'wo' },
  ...{ ffn_gate: 'wup', ffn_up: 'wup', ffn_down: 'wdown' },
};

async function readFile(name: string) {
  const bytes = readFileSync(at(name));
  const { metadata, tensorInfos, tensorDataOffset } = await gguf(at(name), {
    allowLocalFile: true,
  });
  const tensors = new Map(tensorInfos.map((info) => [info.name, info]));
  const values = (tensor: string): number[] => {
    const info = tensors.get(tensor);
    if (!info) throw new Error(`there is no tensor ${tensor}`);
    const count = info.shape.reduce((product, size) => product * Number(size), 1);
    return dequantize(bytes, Number(tensorDataOffset + info.offset), info.dtype, count);
  };
  return { metadata: metadata as Record<string, unknown>, tensors, values, bytes };
}

// The largest difference of two lists, in parts of the largest number.
function difference(a: readonly number[], b: readonly number[]): number {
  expect(a.length).toBe(b.length);
  const largest = b.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return a.reduce((most, x, i) => Math.max(most, Math.abs(x - (b[i] ?? Number.NaN))), 0) / largest;
}

describe('a GGUF file', () => {
  test.each<[Scheme, string, number]>([
    ['pow2', 'q2_0', 64],
    ['row', 'q2_0', 64],
    ['binary', 'q2_0', 64],
    ['2bit', 'q4_0', 32],
    ['absmean', 'tq1_0', 256],
    ['row', 'tq2_0', 256],
    ['twn', 'f32', 40],
  ])('of the scheme %s as %s holds the numbers of the model', async (scheme, type, dim) => {
    await train('m.ckpt', '--scheme', scheme, '--dim', String(dim));
    await run(['export', '--model', at('m.ckpt'), '--out', at('m.llm'), '--force']);
    await run(exportArgs('m.ckpt', 'm.gguf', '--type', type));
    const model = readCheckpoint(readFileSync(at('m.llm')));
    const { values, tensors } = await readFile('m.gguf');
    for (const [l, layer] of ['layer0', 'layer1'].entries()) {
      for (const [name, gain] of Object.entries(gainsOf(model, layer))) {
        const rows = /up|gate/.test(name) ? 4 * dim : dim;
        const weights = weightsOf(model, `${layer}.${SECTIONS[name]}`, rows);
        const expected = weights.flatMap((row, r) => row.map((weight) => weight * gain(r)));
        const [scale = 0] = values(`blk.${l}.${name}.scale`);
        const found = values(`blk.${l}.${name}.weight`).map((value) => value * scale);
        expect(difference(found, expected), name).toBeLessThan(2 ** -11);
      }
      for (const norm of ['attn_norm', 'attn_sub_norm', 'ffn_norm', 'ffn_sub_norm']) {
        expect(new Set(values(`blk.${l}.${norm}.weight`))).toEqual(new Set([1]));
      }
    }
    const tokens = Array.from(sectionValues(model, 'token_embedding'), (x) => x * 2 ** -14);
    expect(difference(values('token_embd.weight'), tokens)).toBeLessThan(2 ** -11);
    expect(tensors.size).toBe(2 + 2 * (4 + 2 * 7));
  });

  test('says what the model is', async () => {
    await train('m.ckpt', '--dim', '64', '--tokenizer', 'bpe', '--vocab', '300');
    await run(exportArgs('m.ckpt', 'm.gguf'));
    const { metadata, bytes } = await readFile('m.gguf');
    expect(metadata).toMatchObject({
      'general.architecture': 'bitnet',
      'general.name': 'm',
      'bitnet.context_length': 16,
      'bitnet.embedding_length': 64,
      'bitnet.block_count': 2,
      'bitnet.feed_forward_length': 256,
      'bitnet.attention.head_count': 4,
      'bitnet.rope.dimension_count': 16,
      'bitnet.rope.freq_base': 100,
      'bitnet.vocab_size': 300,
      'tokenizer.ggml.model': 'gpt2',
      'tokenizer.ggml.pre': 'gpt-2',
      'tokenizer.ggml.eos_token_id': 10,
      'tokenizer.ggml.add_bos_token': false,
    });
    const tokens = metadata['tokenizer.ggml.tokens'] as string[];
    const merges = metadata['tokenizer.ggml.merges'] as string[];
    expect(tokens).toHaveLength(300);
    expect(new Set(tokens).size).toBe(300);
    expect(merges.map((merge) => merge.replace(' ', ''))).toEqual(tokens.slice(256));
    expect(bytes.length % 32).toBe(0);
  });

  test('has the same bytes from every build, a big-endian one too', async () => {
    await train('m.ckpt', '--dim', '256', '--scheme', 'row');
    for (const type of ['q2_0', 'tq1_0']) {
      const sums = new Set<string>();
      for (const target of ['host', 'host-sse', 'p3', 'ppc']) {
        await run(exportArgs('m.ckpt', 'm.gguf', '--type', type), target);
        sums.add(sha256(readFileSync(at('m.gguf'))));
      }
      expect(sums.size).toBe(1);
    }
  });
});

describe('what GGUF cannot express', () => {
  test.each([
    [['--qk-norm', 'rms'], /a norm of queries and keys; train with --qk-norm none/],
    [['--bigram-rows', '64'], /embeddings of pairs; train with --bigram-rows 0/],
    [['--ngrams', '3', '--ngram-rows', '64'], /embeddings of n-grams; train with --ngrams 0/],
    [['--norm', 'layer'], /LayerNorm; train with --norm rms/],
    [['--act', 'relu'], /relu that is not squared; train with --act relu2/],
    [['--counts', '1MB'], /counts; leave them out with --counts none/],
    [['--scheme', '2bit'], /the type q2_0 holds no 2-bit weights; give --type q4_0 or f32/],
    [['--dim', '48'], /blocks of 64 weights, and dim 48 is no multiple of it; give another --type/],
  ])('%j is refused with the option that makes it possible', async (more, words) => {
    await train('m.ckpt', '--dim', '64', ...more);
    const result = await runProgram(exportArgs('m.ckpt', 'refused.gguf'));
    expect(onlyLine(result)).toMatch(words);
    expect(result.exitCode).toBe(2);
    expect(() => readFileSync(at('refused.gguf'))).toThrow(/ENOENT/);
  });

  test('counts are left out when they are asked to be', async () => {
    await train('m.ckpt', '--dim', '64', '--counts', '1MB');
    await run(exportArgs('m.ckpt', 'm.gguf', '--counts', 'none'));
  });

  test('a list of words is left out when it is asked to be', async () => {
    await train('m.ckpt', '--dim', '64');
    await run(['export', '--model', at('m.ckpt'), '--words', stories, '--out', at('w.llm')]);
    const result = await runProgram(exportArgs('w.llm', 'w.gguf'));
    expect(onlyLine(result)).toMatch(/a list of words; leave it out with --words any/);
    await run(exportArgs('w.llm', 'w.gguf', '--words', 'any'));
  });

  // Byte 124 is written "|"; 0xa7 is written "\u00a7", as the separator of two bytes would be.
  test.each(['|', '§'])('a separator %s that is written like a byte is refused', async (mark) => {
    const marked = (end: string) => storiesOf(4000).toString().replaceAll('\n\n', end);
    writeFileSync(at('marked'), marked(mark) + marked('<>'));
    const bytes = ['--dim', '64', '--tokenizer', 'bytes', '--text', at('marked')];
    await train('m.ckpt', ...bytes, '--separator', mark);
    const result = await runProgram(exportArgs('m.ckpt', 'refused.gguf'));
    expect(onlyLine(result)).toMatch(/written like another token; train with another --separator/);
    await train('m.ckpt', ...bytes, '--separator', '<>');
    await run(exportArgs('m.ckpt', 'm.gguf'));
  });

  test('--type is for GGUF alone', async () => {
    await train('m.ckpt', '--dim', '64');
    const args = ['export', '--model', at('m.ckpt'), '--out', at('x.llm'), '--type', 'f32'];
    expect(onlyLine(await runProgram(args))).toMatch(/give --format gguf as well/);
  });

  test('no model is replaced by a GGUF file, nor the other way, without --force', async () => {
    await train('m.ckpt', '--dim', '64');
    const model = ['export', '--model', at('m.ckpt'), '--out'];
    await run([...model, at('mine.llm')]);
    await run(exportArgs('m.ckpt', 'mine.gguf'));
    const over = await runProgram(exportArgs('m.ckpt', 'mine.llm'));
    expect(onlyLine(over)).toMatch(/is an exported model.*--force/);
    expect(onlyLine(await runProgram([...model, at('mine.gguf')]))).toMatch(/is a GGUF file/);
    await run(exportArgs('m.ckpt', 'mine.gguf')); // its own earlier one
    await run(exportArgs('m.ckpt', 'mine.llm', '--force'));
    expect(readFileSync(at('mine.llm'), 'latin1').slice(0, 4)).toBe('GGUF');
  });

  test('tokens that other programs cut apart are counted and shown', async () => {
    writeFileSync(at('apart'), "don't won't can't\n\n".repeat(200));
    const bpe = ['--dim', '64', '--tokenizer', 'bpe', '--vocab', '270'];
    await run([
      'train',
      '--text',
      at('apart'),
      '--out',
      at('m.ckpt'),
      '--force',
      ...options,
      ...bpe,
    ]);
    const { stdout } = await runProgram(exportArgs('m.ckpt', 'm.gguf'));
    expect(stdout).toMatch(/\d+ of its \d+ tokens, such as ".*", go across places/);
  });
});
