// The event files, read by a parser of its own: TFRecords, CRC-32C by bits, the wire format of
// protobuf; on the log of a real training.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { EVENT_FILE, eventFileOf, isOurEventFile } from '../../ts/plots/event_file.ts';
import { parseTrainingLog, readTrainingLog } from '../../ts/program/training_log.ts';
import { sampleText } from '../../ts/stories/text.ts';
import { runProgram, small } from '../program/program.ts';
import { useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();

// ---- the parser ----

// By the definition: the remainder of the division, bit by bit.
function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    for (let bit = 0; bit < 8; bit++) {
      const odd = (crc ^ (byte >> bit)) & 1;
      crc = (crc >>> 1) ^ (odd === 1 ? 0x82f63b78 : 0);
    }
  }
  return (crc ^ 0xffffffff) >>> 0;
}

// The sum that was masked so.
function unmasked(masked: number): number {
  const turned = (masked - 0xa282ead8) >>> 0;
  return ((turned << 15) | (turned >>> 17)) >>> 0;
}

function recordsOf(file: Buffer): Buffer[] {
  const records: Buffer[] = [];
  for (let at = 0; at < file.length; ) {
    const size = Number(file.readBigUInt64LE(at));
    const data = file.subarray(at + 12, at + 12 + size);
    expect(unmasked(file.readUInt32LE(at + 8))).toBe(crc32c(file.subarray(at, at + 8)));
    expect(unmasked(file.readUInt32LE(at + 12 + size))).toBe(crc32c(data));
    records.push(data);
    at += 16 + size;
  }
  return records;
}

type Field = readonly [number: number, value: Buffer];

// The fields of a message: numbers of any kind as the bytes that they take.
function fieldsOf(message: Buffer): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = message[at++] ?? 0;
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const wire = tag % 8;
    const from = at;
    if (wire === 0) varint();
    const start = wire === 2 ? varint() : 0;
    const value =
      wire === 2
        ? message.subarray(at, at + start)
        : message.subarray(from, wire === 0 ? at : from + (wire === 1 ? 8 : 4));
    at = wire === 0 ? at : wire === 2 ? at + start : from + value.length;
    fields.push([Math.floor(tag / 8), value]);
  }
  return fields;
}

interface Scalar {
  step: number;
  wallTime: number;
  tag: string;
  value: number;
}

function scalarsOf(event: Buffer): Scalar[] {
  const fields = new Map(fieldsOf(event));
  const step = [...(fields.get(2) ?? [])].reduceRight((sum, byte) => sum * 128 + (byte & 127), 0);
  const wallTime = fields.get(1)?.readDoubleLE() ?? Number.NaN;
  return fieldsOf(fields.get(5) ?? Buffer.of()).map(([, value]) => {
    const scalar = new Map(fieldsOf(value));
    const tag = scalar.get(1)?.toString() ?? '';
    return { step, wallTime, tag, value: scalar.get(2)?.readFloatLE() ?? Number.NaN };
  });
}

// ---- the tests ----

test('the sum of the parser is that of its definition (RFC 3720)', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
});

test('the log of a real training comes back from its event file, number by number', async () => {
  const file = path.join(folder(), 'a.log');
  const train = ['train', '--text', path.resolve(sampleText), '--out', 'none', '--steps', '300'];
  const more = ['--eval-every', '100', '--log', file];
  expect(await runProgram([...train, ...small, ...more])).toMatchObject({ exitCode: 0 });
  const log = await readTrainingLog(file);
  const [version = Buffer.of(), ...events] = recordsOf(Buffer.from(eventFileOf(log)));
  expect(new Map(fieldsOf(version)).get(3)?.toString()).toBe('brain.Event:2');
  const scalars = events.flatMap(scalarsOf);
  const found = (tag: string) => scalars.filter((scalar) => scalar.tag === tag);
  const said = (rows: readonly { step: number }[], column: string) =>
    rows.map((row) => [row.step, Math.fround(Number(Reflect.get(row, column)))]);
  const expectSame = (tag: string, rows: readonly { step: number }[], column: string) =>
    expect(found(tag).map(({ step, value }) => [step, value])).toEqual(said(rows, column));
  for (const column of ['loss', 'bits_per_byte', 'lr', 'embedding_lr', 'gradient_norm', 'flipped'])
    expectSame(`train/${column}`, log.steps, column);
  expectSame('train/zeros', log.steps, 'zeros');
  for (const column of ['loss', 'bits_per_byte', 'perplexity', 'top1'])
    expectSame(`held_out/${column}`, log.heldOut, column);
  expect(found('train/loss').map(({ step }) => step)).toContain(300);
  expect(found('held_out/loss').map(({ step }) => step)).toEqual([100, 200, 300]);
  expect(events).toHaveLength(300);
  for (const { step, wallTime } of scalars) expect(wallTime).toBe(step);
});

test('the same log gives the same bytes, which are known as ours', () => {
  const log = () => parseTrainingLog('{"step":1,"loss":4}\n', 'a.log');
  const file = Buffer.from(eventFileOf(log()));
  expect(Buffer.from(eventFileOf(log()))).toEqual(file);
  expect(isOurEventFile(file.toString('latin1', 0, 256))).toBe(true);
  const foreign = Buffer.from(readFileSync('package.json'));
  expect(isOurEventFile(foreign.toString('latin1', 0, 256))).toBe(false);
  expect(EVENT_FILE).toMatch(/^events\.out\.tfevents\.\d{10}\./);
});

test('when a step comes twice, then what was said last holds', () => {
  const log = parseTrainingLog('{"step":300,"loss":4}\n{"step":300,"loss":3}\n', 'a.log');
  const [, ...events] = recordsOf(Buffer.from(eventFileOf(log)));
  expect(events.flatMap(scalarsOf)).toEqual([
    { step: 300, wallTime: 300, tag: 'train/loss', value: 3 },
  ]);
});
