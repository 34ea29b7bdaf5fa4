import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Checkpoint, readCheckpoint } from '../../ts/program/checkpoint.ts';
import {
  activations,
  norms,
  type Optimizer,
  optimizers,
  qkNorms,
  type Shape,
  schemes,
  sectionList,
  tokenizers,
} from '../../ts/program/checkpoint_layout.ts';
import type { Tokenizer } from '../../ts/program/tokenizer.ts';
import { sampleText } from '../../ts/stories/text.ts';
import { crc32 } from '../../ts/support/crc.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { runProgram, small } from './program.ts';

const folder = useTemporaryFolder();

const shape: Shape = {
  layers: 2,
  heads: 2,
  dim: 8,
  context: 16,
  vocab: 3,
  separator: 0,
  bigramRows: 5,
  ngrams: 3,
  ngramRows: 6,
  ngramWidth: 4,
  scheme: 'pow2',
  norm: 'layer',
  qkNorm: 'none',
  activation: 'relu',
};

const characters: Tokenizer = {
  kind: 'chars',
  separator: Buffer.of(),
  entries: [32, 97, 0x1f600],
};

// An empty line, which stands between documents.
const empty = Buffer.from('\n\n');

const merge = (left: number, right: number) => left + 0x10000 * right;

// Merges of each token with itself: the last has 128 bytes.
const doublings = [97, 256, 257, 258, 259, 260, 261].map((token) => merge(token, token));

interface Changes {
  optimizer?: Optimizer;
  model?: boolean;
  rename?: (name: string) => string;
  tokenizer?: Partial<Tokenizer>;
  /** The byte that packed sections are made of. */
  packed?: number;
  /** Bytes that the n-grams take in memory and in the file, and those that they may take. */
  counted?: [bytes: number, packed: number, most: number];
  /** Bytes of the list of words. */
  words?: number;
}

// A checkpoint written by the drawing in c/src/train/checkpoint.h, with changes before its checksums.
function write(changed: Partial<Shape> = {}, changes: Changes = {}): Buffer {
  const { optimizer = 'lion', model = false, rename = (name) => name, packed = 1 } = changes;
  const [inMemory, inFile, most] = changes.counted ?? [0, 0, 0];
  const all = { ...shape, ...changed };
  const tokenizer = { ...characters, ...changes.tokenizer };
  const { layers, heads, dim, context, vocab, separator, bigramRows } = all;
  const header = Buffer.alloc(192);
  header.write('LEGACYLM', 'latin1');
  const words = [
    ...[4, header.length, layers, heads, dim, context, vocab, separator, bigramRows],
    ...[schemes.indexOf(all.scheme), 1, 1, 100, 4, 10],
  ];
  for (const [i, word] of words.entries()) header.writeInt32LE(word, 8 + 4 * i);
  header.writeUInt32LE(0xfffffffe, 68);
  header.writeInt32LE(optimizers.indexOf(optimizer), 72);
  for (const [i, rate] of [0.5, 0.25, 1].entries()) header.writeFloatLE(rate, 76 + 4 * i);
  const facts = [7, 1234, 2345, 0x12345678, Number(model)];
  for (const [i, word] of facts.entries()) header.writeInt32LE(word, 88 + 4 * i);
  header.writeInt32LE(tokenizers.indexOf(tokenizer.kind), 108);
  header.writeInt32LE(tokenizer.separator.length, 112);
  header.set(tokenizer.separator, 116);
  const rows = [all.ngrams, all.ngramRows, all.ngramWidth];
  for (const [i, word] of rows.entries()) header.writeInt32LE(word, 172 + 4 * i);
  header.writeInt32LE(qkNorms.indexOf(all.qkNorm), 148);
  for (const [i, word] of [most, 5, inMemory, inFile].entries()) {
    header.writeInt32LE(word, 156 + 4 * i);
  }
  header.writeInt32LE(changes.words ?? 0, 152);
  header.writeFloatLE(0.25, 184);
  sign(header);
  const entries = Buffer.alloc(4 * tokenizer.entries.length);
  for (const [i, entry] of tokenizer.entries.entries()) entries.writeUInt32LE(entry, 4 * i);
  const beside = { counts: inFile, words: changes.words ?? 0 };
  const list = sectionList(all, optimizer, model ? 'model' : 'training', beside);
  const sections = list.map(({ name, kind, count }) =>
    section(rename(name), kind === 'packed' ? Buffer.alloc(count, packed) : data[kind](count)),
  );
  const whole = [section('tokenizer', entries), ...sections, section('end', Buffer.alloc(0))];
  return Buffer.concat([header, ...whole]);
}

// Puts the sum of a header where it belongs.
function sign(header: Buffer): void {
  header.writeUInt32LE(crc32(header.subarray(0, 188)), 188);
}

function section(name: string, data: Buffer): Buffer {
  const head = Buffer.alloc(32);
  head.write(name, 'latin1');
  head.writeUInt32LE(data.length, 24);
  head.writeUInt32LE(crc32(data, crc32(head.subarray(0, 28))), 28);
  return Buffer.concat([head, data]);
}

// The contents of sections.
const data = { bytes: int8s, int8: int8s, int16: int16s, uint32: floats, float32: floats };

function int8s(count: number): Buffer {
  return Buffer.from(Int8Array.from({ length: count }, (_, i) => (i % 255) - 127).buffer);
}

function int16s(count: number): Buffer {
  const data = Buffer.alloc(2 * count);
  for (let i = 0; i < count; i++) data.writeInt16LE(1000 * (i % 60) - 30000, 2 * i);
  return data;
}

function floats(count: number): Buffer {
  const data = Buffer.alloc(4 * count);
  for (let i = 0; i < count; i++) data.writeFloatLE(i / 8 - 1, 4 * i);
  return data;
}

describe('crc32', () => {
  it('when it sums the digits 1 to 9, then it is the published check value', () => {
    expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926);
  });

  it('when bytes come in two parts, then the sum is that of the whole', () => {
    const bytes = Buffer.from('a legacy of small machines');
    expect(crc32(bytes.subarray(9), crc32(bytes.subarray(0, 9)))).toBe(crc32(bytes));
  });
});

describe('readCheckpoint', () => {
  it('when a checkpoint is whole, then header and tokenizer are as written', () => {
    const checkpoint = readCheckpoint(write());
    expect(checkpoint.shape).toEqual(shape);
    expect(checkpoint.training).toEqual({
      steps: 100,
      batch: 4,
      warmup: 10,
      seed: 0xfffffffe,
      optimizer: 'lion',
      matrixLearningRate: 0.5,
      embeddingLearningRate: 0.25,
      clip: 1,
      ngramDropout: 0.25,
      counts: 0,
      order: 5,
    });
    expect(checkpoint.step).toBe(7);
    expect(checkpoint.text).toEqual({ tokens: 1234, bytes: 2345, crc: 0x12345678 });
    expect(checkpoint.tokenizer).toEqual(characters);
  });

  it.each<[string, Partial<Shape>, Partial<Tokenizer>]>([
    ['characters and a separator', { vocab: 4, separator: 3 }, { separator: empty }],
    ['bytes', { vocab: 256 }, { kind: 'bytes', entries: [] }],
    ['merges', { vocab: 258 }, { kind: 'bpe', entries: [merge(104, 105), merge(256, 33)] }],
    [
      'merges and a separator',
      { vocab: 258, separator: 257 },
      { kind: 'bpe', separator: empty, entries: [merge(104, 105)] },
    ],
  ])('when the tokens are %s, then they are read', (_what, changed, tokenizer) => {
    const checkpoint = readCheckpoint(write(changed, { tokenizer }));
    expect(checkpoint.shape).toMatchObject(changed);
    expect(checkpoint.tokenizer).toEqual({ ...characters, ...tokenizer });
  });

  it('when a checkpoint is whole, then every section has its name, bytes and numbers', () => {
    const { sections } = readCheckpoint(write());
    expect(sections.map(({ name }) => name)).toEqual(
      sectionList(shape, 'lion', 'training').map(({ name }) => name),
    );
    const wup = sections.find(({ name }) => name === 'layer1.wup');
    expect(wup?.bytes).toHaveLength(32 * 8);
    expect(wup?.values.slice(0, 2)).toEqual(Int8Array.of(-127, -126));
    const gain = sections.find(({ name }) => name === 'layer0.query_gain');
    expect(gain?.values).toEqual(Float32Array.of(-1, -0.875));
    const tokens = sections.find(({ name }) => name === 'token_embedding');
    expect([...(tokens?.values.subarray(0, 3) ?? [])]).toEqual([-30000, -29000, -28000]);
  });

  it('when n-grams were counted, then they come first, of the size that the header has', () => {
    const checkpoint = readCheckpoint(write({}, { counted: [5000, 300, 8192] }));
    expect(checkpoint.training).toMatchObject({ counts: 8192, order: 5 });
    expect(checkpoint.counts).toEqual({ bytes: 5000, packed: 300 });
    expect(checkpoint.sections[0]).toMatchObject({ name: 'counts', kind: 'bytes' });
    expect(checkpoint.sections[0]?.bytes).toHaveLength(300);
  });

  it('when a model has a list of words, then it is a section; no training has one', () => {
    const checkpoint = readCheckpoint(write({}, { model: true, words: 90 }));
    expect(checkpoint.wordsBytes).toBe(90);
    expect(checkpoint.sections[0]).toMatchObject({ name: 'words', kind: 'bytes' });
    expect(checkpoint.sections[0]?.bytes).toHaveLength(90);
    const impossible = /its list of words is impossible/;
    expect(() => readCheckpoint(write({}, { words: 90 }))).toThrow(impossible);
    expect(() => readCheckpoint(write({}, { model: true, words: -1 }))).toThrow(impossible);
  });

  it.each(optimizers)('when the optimizer is %s, then its sections are read', (optimizer) => {
    const { sections, training } = readCheckpoint(write({}, { optimizer }));
    const wup = sections.filter(({ name }) => name.startsWith('layer1.wup'));
    const expected: Record<Optimizer, string[]> = {
      muon: ['int8', 'momentum int8', 'mscale float32'],
      lion: ['int8', 'momentum int8', 'mscale float32'],
      spectral: ['int8'],
      direct: ['packed', 'scale float32', 'momentum int8', 'mscale float32'],
      'direct-stateless': ['packed', 'scale float32'],
      'muon-float': ['float32', 'm float32'],
      adam: ['float32', 'm float32', 'v float32'],
    };
    expect(training.optimizer).toBe(optimizer);
    expect(wup.map(({ name, kind }) => `${name.slice(11)} ${kind}`.trim())).toEqual(
      expected[optimizer],
    );
  });

  it.each(schemes)('when a model of the scheme %s is exported, then it is packed', (scheme) => {
    const checkpoint = readCheckpoint(write({ scheme }, { model: true }));
    expect(checkpoint.contents).toBe('model');
    expect(checkpoint.shape.scheme).toBe(scheme);
    const wdown = checkpoint.sections.find(({ name }) => name === 'layer1.wdown');
    expect(wdown?.kind).toBe('packed');
    expect(wdown?.bytes).toHaveLength(8 * { binary: 4, '2bit': 8, trits: 7 }[bitsOf(scheme)]);
    expect(checkpoint.sections.some(({ name }) => name.endsWith('.m'))).toBe(false);
  });

  it('when the bytes begin at an odd address, then they are read all the same', () => {
    const bytes = write();
    const shifted = Buffer.alloc(bytes.length + 1)
      .fill(bytes, 1)
      .subarray(1);
    expect(readCheckpoint(shifted)).toEqual(readCheckpoint(bytes));
  });

  it('when the shape has no bigram rows, then there are no such sections', () => {
    const { sections } = readCheckpoint(write({ bigramRows: 0 }));
    expect(sections.filter(({ name }) => name.startsWith('bigram'))).toEqual([]);
  });

  it.each<[string, Buffer, RegExp]>([
    ['is empty', Buffer.alloc(0), /shorter than the header of a checkpoint/],
    ['is something else', Buffer.alloc(200, 'x'), /not a checkpoint of this program/],
    ['has an impossible shape', write({ heads: 3 }), /shape is impossible/],
    [
      'has another vocabulary size',
      write({ vocab: 4 }),
      /section tokenizer is missing or misplaced/,
    ],
    ['has its vocabulary out of order', tokens({ entries: [97, 32, 98] }), /not in order/],
    ['has half of a surrogate pair', tokens({ entries: [97, 98, 0xd800] }), /not a character/],
    ['has bytes and more', tokens({ kind: 'bytes' }), /size does not fit its tokenizer/],
    [
      'has a separator that is not its last token',
      write({ vocab: 4, separator: 2 }, { tokenizer: { separator: empty } }),
      /not the last token of its tokenizer/,
    ],
    ['has a token of documents but no separator', write({ separator: 2 }), /not the last/],
    [
      'has a merge of what comes later',
      write({ vocab: 257 }, { tokenizer: { kind: 'bpe', entries: [merge(104, 256)] } }),
      /a merge uses a token that is defined only later/,
    ],
    [
      'has merges that grow and grow',
      write({ vocab: 263 }, { tokenizer: { kind: 'bpe', entries: doublings } }),
      /a token of more than 64 bytes/,
    ],
    ['has an unknown tokenizer', patched(108, 3), /kind of tokenizer is unknown/],
    ['has an endless separator', patched(112, 33), /separator is too long/],
    [
      'has more n-grams than it may',
      write({}, { counted: [9000, 300, 8192] }),
      /counts are impossible/,
    ],
    ['has n-grams of no bytes', write({}, { counted: [5000, 0, 8192] }), /counts are impossible/],
    ['has a longer header', patched(12, 196), /wrong size/],
    [
      'has a section of another name',
      write({}, { rename: (n) => (n === 'layer1.wq' ? 'x' : n) }),
      /section layer1.wq is missing or misplaced/,
    ],
    [
      'goes on after its end',
      Buffer.concat([write(), Buffer.of(0)]),
      /goes on after its last section/,
    ],
    ['comes from a newer version', patched(8, 5), /version is 5/],
    ['has an unknown scheme', patched(44, 99), /scheme is unknown/],
    ['has an unknown optimizer', patched(72, 99), /optimizer is unknown/],
    ['holds something unknown', patched(104, 2), /kind of contents is unknown/],
    [
      'has packed weights that no trits are',
      write({}, { optimizer: 'direct', packed: 243 }),
      /layer0.wq holds impossible codes/,
    ],
    [
      'has a row that is filled up with weights',
      write({}, { optimizer: 'direct', packed: 27 }),
      /layer0.wq holds impossible codes/,
    ],
    ['has a damaged header', damaged(69), /header is damaged/],
    ['has a damaged section', damaged(-40), /ngram3_embedding.last .* is damaged/],
  ])('when the file %s, then it is refused and the message says so', (_what, bytes, message) => {
    expect(() => readCheckpoint(bytes, 'model.ckpt')).toThrow(message);
    expect(() => readCheckpoint(bytes, 'model.ckpt')).toThrow(/^cannot use model.ckpt: /);
  });

  it('when the file ends anywhere before its end, then it is refused', () => {
    const bytes = write();
    for (let size = 0; size < bytes.length; size += 7) {
      expect(() => readCheckpoint(bytes.subarray(0, size))).toThrow(/ends|shorter/);
    }
  });
});

// What the program writes itself: three steps of a small model, and the same exported.
async function writeByProgram(
  ...args: string[]
): Promise<[trained: Checkpoint, model: Checkpoint]> {
  const [file, exported] = [path.join(folder(), 'm.ckpt'), path.join(folder(), 'e.ckpt')];
  const train = ['train', '--text', path.resolve(sampleText), '--out', file, '--steps', '3'];
  for (const command of [
    [...train, ...small, '--dim', '12', '--counts', '64KB', ...args],
    ['export', '--model', file, '--out', exported],
  ]) {
    expect(await runProgram(command)).toMatchObject({ stderr: '', exitCode: 0 });
  }
  return [readCheckpoint(readFileSync(file)), readCheckpoint(readFileSync(exported))];
}

const bytesOf = ({ sections }: Checkpoint) => new Map(sections.map((s) => [s.name, s.bytes]));

describe('a checkpoint of the program', () => {
  it.each(optimizers)(
    'when %s has trained, then its file and the export of it are read',
    async (optimizer) => {
      const seed = 4294967295;
      const args = ['--optimizer', optimizer, '--seed', String(seed)];
      const [trained, model] = await writeByProgram(...args);
      expect(trained).toMatchObject({ contents: 'training', step: 3 });
      expect(trained.training).toMatchObject({ optimizer, steps: 3, batch: 2, seed, clip: 1 });
      expect(trained.shape).toMatchObject({ layers: 1, heads: 2, dim: 12, bigramRows: 64 });
      expect(model).toMatchObject({ contents: 'model', step: 3, training: trained.training });
      expect(model.tokenizer).toEqual(trained.tokenizer);
      const [before, after] = [bytesOf(trained), bytesOf(model)];
      const same = [...after].filter(
        ([name, bytes]) => before.get(name)?.toString() === bytes.toString(),
      );
      const unchanged = [
        'counts',
        'token_embedding',
        'layer0.query_gain',
        'layer0.output_gain',
        'bigram_embedding',
      ];
      const direct = optimizer.startsWith('direct'); // its weights are packed already
      expect(same.map(([name]) => name)).toEqual(direct ? [...after.keys()] : unchanged);
    },
  );

  it.each(schemes)('when the scheme is %s, then the header says so', async (scheme) => {
    const [norm, act] = [norms[schemes.indexOf(scheme) % 2], activations[1]] as [string, string];
    const [trained, model] = await writeByProgram('--scheme', scheme, '--norm', norm, '--act', act);
    expect(trained.shape).toMatchObject({ scheme, norm, activation: act });
    expect(model.shape).toEqual(trained.shape);
  });
});

function bitsOf(scheme: Shape['scheme']): 'binary' | '2bit' | 'trits' {
  return scheme === 'binary' || scheme === '2bit' ? scheme : 'trits';
}

// A checkpoint whose tokenizer is another than its shape's.
function tokens(tokenizer: Partial<Tokenizer>): Buffer {
  return write({}, { tokenizer });
}

// A good checkpoint with one byte of its header changed, before the checksum.
function patched(at: number, byte: number): Buffer {
  const bytes = write();
  bytes.writeUInt8(byte, at);
  sign(bytes);
  return bytes;
}

// A good checkpoint with one byte changed; a place below zero counts from the end.
function damaged(at: number): Buffer {
  const bytes = write();
  bytes.writeUInt8(1, at < 0 ? bytes.length + at : at);
  return bytes;
}
