// GGUF files as models of this program: one that was exported tells the same text and predicts the same,
// and is the same file when it is exported again; what is no model of ours is refused by name.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gguf } from '@huggingface/gguf';
import { beforeAll, describe, expect, test } from 'vitest';
import { readCheckpoint } from '../../ts/program/checkpoint.ts';
import { crc32 } from '../../ts/support/crc.ts';
import { onlyLine, runProgram } from '../program/program.ts';
import { storiesOf } from '../stories.ts';
import { temporaryFolderOfSuite } from '../temporary.ts';

const folder = temporaryFolderOfSuite();
const at = (name: string) => path.join(folder(), name);

// 256 is a whole block of every type.
const SHAPE = ['--layers', '2', '--heads', '4', '--dim', '256', '--context', '16', '--batch', '2'];
const FORM = ['--qk-norm', 'none', '--bigram-rows', '0', '--counts', 'none'];

async function run(...args: string[]): Promise<string> {
  const result = await runProgram(args, folder());
  expect(result).toMatchObject({ stderr: '', exitCode: 0 });
  return result.stdout;
}

const train = (out: string, ...more: string[]) =>
  run('train', '--text', 'text', '--steps', '6', ...SHAPE, ...FORM, '--out', out, ...more);

const exported = (model: string, out: string, type: string) =>
  run('export', '--model', model, '--format', 'gguf', '--type', type, '--out', out, '--force');

const nats = async (model: string): Promise<number> => {
  const { loss } = JSON.parse(await run('eval', '--model', model, '--text', 'text', '--json'));
  return Number(loss);
};

beforeAll(async () => {
  mkdirSync(at('n'));
  writeFileSync(at('text'), `${storiesOf(9000)}naïve “quotes” — and €5`);
  await train('chars.ckpt', '--tokenizer', 'chars');
  await train('bytes.ckpt', '--tokenizer', 'bytes', '--separator', '\\n\\n');
  await train('pairs.ckpt', '--tokenizer', 'bpe', '--vocab', '300', '--scheme', 'row');
});

describe.each(['chars', 'bytes', 'pairs'])('a model of %s', (name) => {
  test.each(['q2_0', 'tq1_0', 'tq2_0', 'q4_0', 'f32'])('from its %s', async (type) => {
    await exported(`${name}.ckpt`, 'm.gguf', type);
    const story = ['--seed', '3', '--tokens', '60', '--temperature', '0'];
    expect(await run('generate', '--model', 'm.gguf', ...story)).toBe(
      await run('generate', '--model', `${name}.ckpt`, ...story),
    );
    expect(Math.abs((await nats('m.gguf')) - (await nats(`${name}.ckpt`)))).toBeLessThan(0.002);

    copyFileSync(at(`${name}.ckpt`), at('m.ckpt')); // of whose name the file tells
    await exported('m.ckpt', 'm.gguf', type);
    await exported('m.gguf', 'n/m.gguf', type);
    expect(readFileSync(at('n/m.gguf')).equals(readFileSync(at('m.gguf')))).toBe(true);
  });
});

test('becomes a model of this program, with its tokenizer', async () => {
  await exported('bytes.ckpt', 'm.gguf', 'q2_0');
  await run('export', '--model', 'm.gguf', '--out', 'm.llm');
  const { shape, tokenizer } = readCheckpoint(readFileSync(at('m.llm')));
  const was = readCheckpoint(readFileSync(at('bytes.ckpt')));
  expect(shape).toEqual({ ...was.shape, scheme: 'row', ngramRows: 0, ngramWidth: 0 });
  expect(tokenizer).toEqual(was.tokenizer);
  expect(await run('generate', '--model', 'm.llm', '--tokens', '40')).toBe(
    await run('generate', '--model', 'm.gguf', '--tokens', '40'),
  );
});

// Edits of a good file. Each text is replaced by one that is as long.
const replaced = (from: string, to: string) => (file: Buffer) => {
  const place = file.indexOf(from, 0, 'latin1');
  expect(place).toBeGreaterThan(0);
  file.write(to, place, 'latin1');
  return file;
};

// The four bytes behind a key and its type.
const keyed = (key: string, bytes: readonly number[]) => (file: Buffer) => {
  Buffer.from(bytes).copy(file, file.indexOf(key) + key.length + 4);
  return file;
};

// The last bytes are those of the last tensor's data: ffn_down.scale, and zeros behind it.
const scale = (value: number) => (file: Buffer) => {
  file.writeFloatLE(value, file.length - 32);
  return file;
};

describe('what is refused, by name', () => {
  beforeAll(() => exported('bytes.ckpt', 'good.gguf', 'f32'));

  test.each<[string, (file: Buffer) => Buffer, RegExp]>([
    ['another version', (file) => file.fill(9, 4, 5), /of another version of GGUF than 2 and 3/],
    ['a file that ends early', (file) => file.subarray(0, -70), /ends before all of it was read/],
    ['keys that end early', (file) => file.subarray(0, 900), /ends before all of it was read/],
    [
      'an architecture',
      replaced('bitnet', 'llamaa'),
      /its key general\.architecture is not bitnet/,
    ],
    [
      'RoPE',
      keyed('bitnet.rope.freq_base', [0, 64, 28, 70]),
      /its key bitnet\.rope\.freq_base is not 100/,
    ],
    [
      'an MLP',
      keyed('bitnet.feed_forward_length', [0, 2]),
      /feed_forward_length is not four times/,
    ],
    [
      'shared heads',
      keyed('bitnet.attention.head_count_kv', [2]),
      /head_count_kv is not head_count/,
    ],
    [
      'a part of a head',
      keyed('bitnet.rope.dimension_count', [32]),
      /rope\.dimension_count is not the size of a head/,
    ],
    ['layers', keyed('bitnet.block_count', [65]), /impossible shape: layers is 65/],
    ['fewer layers', keyed('bitnet.block_count', [1]), /blk\.1\.\S+ has no place in a model/],
    ['more layers', keyed('bitnet.block_count', [3]), /it lacks tensors of its layers/],
    ['a tokenizer', replaced('gpt2', 'bert'), /its key tokenizer\.ggml\.model is not gpt2/],
    [
      'a key',
      replaced('bitnet.vocab_size', 'bitnet.vocab_like'),
      /know its key bitnet\.vocab_like/,
    ],
    ['a separator', keyed('bos_token_id', [3]), /begin with a token that is not the last/],
    ['a tensor of no name', replaced('attn_k', 'attn_x'), /blk\.0\.attn_x\.weight has no place/],
    ['a tensor twice', replaced('attn_k.w', 'attn_q.w'), /blk\.0\.attn_q\.weight is there twice/],
    ['a number', scale(Number.NaN), /blk\.1\.ffn_down holds impossible numbers/],
    ['a denormal', scale(1e-40), /blk\.1\.ffn_down holds impossible numbers/],
  ])('%s', async (_, edit, says) => {
    writeFileSync(at('bad.gguf'), edit(readFileSync(at('good.gguf'))));
    const result = await runProgram(['export', '--model', 'bad.gguf', '--out', 'x.llm'], folder());
    expect(onlyLine(result)).toMatch(says);
    expect(onlyLine(result)).toContain('cannot use the GGUF file bad.gguf: ');
    expect(result.exitCode).toBe(2);
    expect(() => readFileSync(at('x.llm'))).toThrow(/ENOENT/);
  });
});

// Where the data of a tensor begins.
async function placeOf(name: string): Promise<number> {
  const { tensorInfos, tensorDataOffset } = await gguf(at('good.gguf'), { allowLocalFile: true });
  const info = tensorInfos.find((tensor) => tensor.name === name);
  if (!info) throw new Error(`there is no tensor ${name}`);
  return Number(tensorDataOffset + info.offset);
}

describe('numbers that are none of ours', () => {
  beforeAll(() => exported('bytes.ckpt', 'good.gguf', 'f32'));

  test.each<[string, number, RegExp]>([
    ['token_embd.weight', 5, /token_embd holds a number that is too large/],
    ['output_norm.weight', 0.5, /output_norm has gains that are not 1/],
    ['blk.0.attn_norm.weight', 2, /blk\.0\.attn_norm has gains that are not 1/],
    ['blk.1.ffn_sub_norm.weight', -1, /blk\.1\.ffn_sub_norm has gains that are not 1/],
    ['blk.0.attn_v.weight', 0.3, /blk\.0\.attn_v has rows that are not ternary/],
    ['blk.0.attn_v.weight', Number.POSITIVE_INFINITY, /blk\.0\.attn_v holds impossible numbers/],
    ['blk.1.attn_k.scale', -1, /blk\.1\.attn_k has a scale below 0/],
    ['blk.1.ffn_up.scale', 0, /blk\.1\.ffn_up has a scale of 0/],
    ['blk.0.attn_output.scale', 1e6, /attn_output has a scale that is too large or too small/],
    ['blk.1.ffn_down.scale', 1e-9, /ffn_down has a scale that is too large or too small/],
    ['blk.0.ffn_gate.scale', 0.1, /blk\.0\.ffn_gate is too small beside ffn_up/],
  ])('%s %d', async (name, value, says) => {
    const file = readFileSync(at('good.gguf'));
    file.writeFloatLE(value, await placeOf(name));
    writeFileSync(at('bad.gguf'), file);
    const result = await runProgram(['generate', '--model', 'bad.gguf'], folder());
    expect(onlyLine(result)).toMatch(says);
  });

  test('a gate of its own', async () => {
    const file = readFileSync(at('good.gguf'));
    const place = await placeOf('blk.0.ffn_gate.weight');
    for (let i = 0; i < 256; i++)
      file.writeFloatLE(-file.readFloatLE(place + 4 * i), place + 4 * i);
    writeFileSync(at('bad.gguf'), file);
    const result = await runProgram(['generate', '--model', 'bad.gguf'], folder());
    expect(onlyLine(result)).toMatch(/ffn_up has other rows than ffn_gate .* one matrix for both/);
  });
});

test('2-bit weights, which rows of trits do not hold', async () => {
  await train('2bit.ckpt', '--scheme', '2bit');
  await exported('2bit.ckpt', 'm.gguf', 'q4_0');
  const result = await runProgram(['generate', '--model', 'm.gguf'], folder());
  expect(onlyLine(result)).toMatch(/blk\.0\.attn_q has rows that are not ternary/);
});

test('a GGUF file is no training that goes on', async () => {
  await exported('chars.ckpt', 'm.gguf', 'q2_0');
  const result = await runProgram(
    ['train', '--resume', 'm.gguf', '--text', 'text', '--out', 'x'],
    folder(),
  );
  expect(onlyLine(result)).toMatch(/m\.gguf is an exported model, which cannot be trained further/);
});

test('embeddings at their limits, which binary16 rounds beyond them', async () => {
  await run('export', '--model', 'chars.ckpt', '--out', 'limits.llm');
  const model = readFileSync(at('limits.llm'));
  const section = model.indexOf('token_embedding');
  model.writeInt16LE(32767, section + 32);
  model.writeInt16LE(-32767, section + 34);
  writeFileSync(at('limits.llm'), signed(model, section));
  await exported('limits.llm', 'm.gguf', 'q2_0');
  await run('export', '--model', 'm.gguf', '--out', 'again.llm');
  const again = readFileSync(at('again.llm'));
  const place = again.indexOf('token_embedding') + 32;
  expect([again.readInt16LE(place), again.readInt16LE(place + 2)]).toEqual([32767, -32767]);
});

// A file whose section has the sum that belongs to it: of its name, size and data.
function signed(file: Buffer, section: number): Buffer {
  const bytes = file.readUInt32LE(section + 24);
  const data = file.subarray(section + 32, section + 32 + bytes);
  file.writeUInt32LE(crc32(data, crc32(file.subarray(section, section + 28))), section + 28);
  return file;
}
