import { describe, expect, it } from 'vitest';
import { crc32, readCheckpoint, type Shape, sectionList } from '../../ts/parity/checkpoint.ts';

const shape: Shape = { layers: 2, heads: 2, dim: 8, context: 16, vocab: 3, bigramRows: 5 };

// A checkpoint written by the drawing in c/include/checkpoint.h, with changes before its checksums.
function write(
  changed: Partial<Shape> = {},
  rename = (name: string) => name,
  vocabulary: readonly number[] = [32, 97, 0x1f600],
): Buffer {
  const { layers, heads, dim, context, vocab, bigramRows } = { ...shape, ...changed };
  const header = Buffer.alloc(84 + 4 * vocabulary.length + 4);
  header.write('LEGACYLM', 'latin1');
  const words = [1, header.length, layers, heads, dim, context, vocab, bigramRows, 100, 4, 10];
  for (const [i, word] of words.entries()) header.writeInt32LE(word, 8 + 4 * i);
  header.writeUInt32LE(0xfffffffe, 52);
  header.writeInt32LE(1, 56);
  for (const [i, rate] of [0.5, 0.25, 1].entries()) header.writeFloatLE(rate, 60 + 4 * i);
  for (const [i, word] of [7, 1234, 0x12345678].entries()) header.writeInt32LE(word, 72 + 4 * i);
  for (const [i, character] of vocabulary.entries()) header.writeUInt32LE(character, 84 + 4 * i);
  header.writeUInt32LE(crc32(header.subarray(0, -4)), header.length - 4);
  const sections = sectionList({ ...shape, ...changed }).map(({ name, kind, count }) =>
    section(rename(name), kind === 'int8' ? int8s(count) : floats(count)),
  );
  return Buffer.concat([header, ...sections, section('end', Buffer.alloc(0))]);
}

function section(name: string, data: Buffer): Buffer {
  const head = Buffer.alloc(32);
  head.write(name, 'latin1');
  head.writeUInt32LE(data.length, 24);
  head.writeUInt32LE(crc32(data, crc32(head.subarray(0, 28))), 28);
  return Buffer.concat([head, data]);
}

function int8s(count: number): Buffer {
  return Buffer.from(Int8Array.from({ length: count }, (_, i) => (i % 255) - 127).buffer);
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
  it('when a checkpoint is whole, then header and vocabulary are as written', () => {
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
    });
    expect(checkpoint.step).toBe(7);
    expect(checkpoint.text).toEqual({ characters: 1234, crc: 0x12345678 });
    expect(checkpoint.vocabulary).toEqual([32, 97, 0x1f600]);
  });

  it('when a checkpoint is whole, then every section has its name, bytes and numbers', () => {
    const { sections } = readCheckpoint(write());
    expect(sections.map(({ name }) => name)).toEqual(sectionList(shape).map(({ name }) => name));
    const wup = sections.find(({ name }) => name === 'layer1.wup');
    expect(wup?.bytes).toHaveLength(32 * 8);
    expect(wup?.values.slice(0, 2)).toEqual(Int8Array.of(-127, -126));
    const gain = sections.find(({ name }) => name === 'layer0.query_gain');
    expect(gain?.values).toEqual(Float32Array.of(-1, -0.875));
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
    ['is empty', Buffer.alloc(0), /shorter than a header/],
    ['is something else', Buffer.alloc(200, 'x'), /not one of this program/],
    ['has an impossible shape', write({ heads: 3 }), /shape is impossible/],
    ['has another vocabulary size', write({ vocab: 4 }), /wrong size/],
    ['has its vocabulary out of order', write({}, undefined, [97, 32, 98]), /not in order/],
    [
      'has a section of another name',
      write({}, (n) => (n === 'layer1.wq' ? 'x' : n)),
      /layer1.wq should be/,
    ],
    ['goes on after its end', Buffer.concat([write(), Buffer.of(0)]), /follows its end/],
    ['comes from a newer version', patched(8, 2), /version is 2/],
    ['has a damaged header', patched(53, 1), /header is damaged/],
    ['has a damaged section', patched(-40, 1), /layer1.query_gain.v .* is damaged/],
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

// A good checkpoint with one byte changed; a place below zero counts from the end.
function patched(at: number, byte: number): Buffer {
  const bytes = write();
  bytes.writeUInt8(byte, at < 0 ? bytes.length + at : at);
  return bytes;
}
