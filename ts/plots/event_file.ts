// The log of a training as an event file of TensorBoard: TFRecords, each of which holds an Event of
// tensorflow/core/util/event.proto with the scalars of one step. The log holds no time, so the wall
// time of a step is its number in seconds: the same log gives the same bytes.
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { TrainingLog } from '../program/training_log.ts';
import { crc32c } from '../support/crc.ts';
import { rowsByStep } from './log_rows.ts';

// TensorBoard reads the files whose names begin so.
export const EVENT_FILE = 'events.out.tfevents.0000000000.legacy-llm';

const VERSION = 'brain.Event:2';
const WRITER = 'legacy-llm';

// The numbers of the fields.
const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5, sourceMetadata: 10 } as const;
const SUMMARY = { value: 1 } as const;
const VALUE = { tag: 1, simpleValue: 2 } as const;
const SOURCE_METADATA = { writer: 1 } as const;

// What is the same in all steps, or nearly, and no curve.
const LEFT_OUT = new Set(['step', 'tokens', 'bytes']);

// The whole file: training scalars as train/loss, held-out ones as held_out/loss.
export function eventFileOf(log: TrainingLog): Uint8Array {
  const steps = rowsByStep(log).map(({ step, training = {}, heldOut = {} }) =>
    stepEvent(step, [...scalarsOf('train', training), ...scalarsOf('held_out', heldOut)]),
  );
  return Buffer.concat([versionEvent(), ...steps].map(recordOf));
}

// Whether a file that begins so was written by us.
export function isOurEventFile(head: string): boolean {
  return head.startsWith(Buffer.from(recordOf(versionEvent())).toString('latin1'));
}

type Scalar = readonly [tag: string, value: number];

function scalarsOf(group: string, row: Readonly<Record<string, number>>): Scalar[] {
  const named = Object.entries(row).filter(([name]) => !LEFT_OUT.has(name));
  return named.map(([name, value]) => [`${group}/${name}`, value]);
}

// ---- events ----

// That all others follow.
function versionEvent(): Uint8Array {
  const writer = new BinaryWriter().tag(EVENT.wallTime, WireType.Bit64).double(0);
  writer.tag(EVENT.fileVersion, WireType.LengthDelimited).string(VERSION);
  writer.tag(EVENT.sourceMetadata, WireType.LengthDelimited).fork();
  writer.tag(SOURCE_METADATA.writer, WireType.LengthDelimited).string(WRITER).join();
  return writer.finish();
}

function stepEvent(step: number, scalars: readonly Scalar[]): Uint8Array {
  const writer = new BinaryWriter().tag(EVENT.wallTime, WireType.Bit64).double(step);
  writer.tag(EVENT.step, WireType.Varint).int64(step);
  writer.tag(EVENT.summary, WireType.LengthDelimited).fork();
  for (const [tag, value] of scalars) {
    writer.tag(SUMMARY.value, WireType.LengthDelimited).fork();
    writer.tag(VALUE.tag, WireType.LengthDelimited).string(tag);
    writer.tag(VALUE.simpleValue, WireType.Bit32).float(value).join();
  }
  return writer.join().finish();
}

// ---- records ----

// Length, its masked CRC-32C, the data, theirs.
function recordOf(data: Uint8Array): Uint8Array {
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(data.length));
  return Buffer.concat([head, maskedCrc(head), data, maskedCrc(data)]);
}

// As TFRecords have it, so that the sum of data that hold sums is no weak one.
function maskedCrc(bytes: Uint8Array): Uint8Array {
  const crc = crc32c(bytes);
  const masked = Buffer.alloc(4);
  masked.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0);
  return masked;
}
