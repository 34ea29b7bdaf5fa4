// Reads a checkpoint as c/include/checkpoint.h draws it, and checks all of it before it believes any
// of it. A reader only: the program itself writes them.
import { UserError } from '../support/errors.ts';

export interface Shape {
  layers: number;
  heads: number;
  dim: number;
  context: number;
  vocab: number;
  bigramRows: number;
}

// How the ternary matrices learn; the places are the numbers in the file.
export const optimizers = ['muon', 'lion'] as const;
export type Optimizer = (typeof optimizers)[number];

export interface Training {
  steps: number;
  batch: number;
  warmup: number;
  seed: number;
  optimizer: Optimizer;
  matrixLearningRate: number;
  embeddingLearningRate: number;
  clip: number;
}

export type SectionKind = 'int8' | 'float32';

export interface Section {
  name: string;
  kind: SectionKind;
  /** As in the file. */
  bytes: Uint8Array;
  /** The same as numbers. */
  values: Int8Array | Float32Array;
}

export interface Checkpoint {
  shape: Shape;
  training: Training;
  /** Optimizer steps done. */
  step: number;
  text: { characters: number; crc: number };
  /** Code points in ascending order; a token is a place in it. */
  vocabulary: readonly number[];
  /** In the order of the file, without the empty one that ends it. */
  sections: readonly Section[];
}

const MAGIC = 'LEGACYLM';
const VERSION = 1;
const FIXED_HEADER = 84;
const NAME_BYTES = 24;
const SECTION_HEADER = 32;
const MAX_VOCAB = 1024;

// The whole checkpoint, or a UserError that says where it is wrong. `name` is for that message.
export function readCheckpoint(bytes: Uint8Array, name = 'the checkpoint'): Checkpoint {
  const reader = new Reader(bytes, name);
  const header = readHeader(reader);
  const sections = sectionList(header.shape).map((expected) => readSection(reader, expected));
  readSection(reader, { name: 'end', kind: 'int8', count: 0 });
  if (!reader.atEnd) reader.refuse('something follows its end');
  return { ...header, sections };
}

// The numbers of one section; a programmer's error if the shape has none of that name.
export function sectionValues(checkpoint: Checkpoint, name: string): Int8Array | Float32Array {
  const section = checkpoint.sections.find((candidate) => candidate.name === name);
  if (!section) throw new Error(`a checkpoint of this shape has no section ${name}`);
  return section.values;
}

interface ExpectedSection {
  name: string;
  kind: SectionKind;
  count: number;
}

// Rows and columns of the ternary matrices of every layer, in the order of the file.
export function matrixShapes({ dim }: Shape): Record<string, [rows: number, columns: number]> {
  const hidden = 4 * dim;
  const square: [number, number] = [dim, dim];
  return {
    wq: square,
    wk: square,
    wv: square,
    wo: square,
    wup: [hidden, dim],
    wdown: [dim, hidden],
  };
}

// Names, kinds and lengths of all sections that a shape has, in the order of the file.
export function sectionList(shape: Shape): ExpectedSection[] {
  const layers = Array.from({ length: shape.layers }, (_, layer) => `layer${layer}`);
  const matrices = layers.flatMap((layer) =>
    Object.entries(matrixShapes(shape)).flatMap(([matrix, [rows, columns]]): ExpectedSection[] => [
      { name: `${layer}.${matrix}`, kind: 'int8', count: rows * columns },
      { name: `${layer}.${matrix}.momentum`, kind: 'int8', count: rows * columns },
      { name: `${layer}.${matrix}.scale`, kind: 'float32', count: rows },
    ]),
  );
  const blocks: [string, number][] = [
    ['token_embedding', shape.vocab * shape.dim],
    ['bigram_embedding', shape.bigramRows * shape.dim],
    ...layers.map((layer): [string, number] => [`${layer}.query_gain`, shape.heads]),
  ];
  const floats = blocks
    .filter(([, count]) => count > 0)
    .flatMap(([block, count]) =>
      ['', '.m', '.v'].map(
        (suffix): ExpectedSection => ({ name: `${block}${suffix}`, kind: 'float32', count }),
      ),
    );
  return [...matrices, ...floats];
}

// ---- header ----

function readHeader(reader: Reader): Omit<Checkpoint, 'sections'> {
  const fixed = reader.take(FIXED_HEADER, 'it is shorter than a header');
  const view = viewOf(fixed);
  const int = (at: number) => view.getInt32(at, true);
  const float = (at: number) => view.getFloat32(at, true);
  if (asciiOf(fixed.subarray(0, 8)) !== MAGIC) reader.refuse('it is not one of this program');
  if (int(8) !== VERSION) reader.refuse(`its version is ${int(8)}; ${VERSION} is what is known`);
  const shape: Shape = {
    layers: int(16),
    heads: int(20),
    dim: int(24),
    context: int(28),
    vocab: int(32),
    bigramRows: int(36),
  };
  checkShape(reader, shape);
  const vocabulary = readVocabulary(reader, shape.vocab, int(12));
  return {
    shape,
    training: {
      steps: int(40),
      batch: int(44),
      warmup: int(48),
      seed: view.getUint32(52, true),
      optimizer: readOptimizer(reader, int(56)),
      matrixLearningRate: float(60),
      embeddingLearningRate: float(64),
      clip: float(68),
    },
    step: int(72),
    text: { characters: int(76), crc: view.getUint32(80, true) },
    vocabulary,
  };
}

function readOptimizer(reader: Reader, number: number): Optimizer {
  return optimizers[number] ?? reader.refuse('its optimizer is unknown');
}

// Bounds that keep the sizes sensible; whether the program would train it is the program's matter.
function checkShape(reader: Reader, shape: Shape): void {
  const { layers, heads, dim, context, vocab, bigramRows } = shape;
  const within = (value: number, low: number, high: number) => value >= low && value <= high;
  const good =
    within(layers, 1, 64) &&
    within(heads, 1, 64) &&
    within(dim, 4, 1024) &&
    within(context, 2, 1024) &&
    within(vocab, 2, MAX_VOCAB) &&
    within(bigramRows, 0, 65536) &&
    dim % (2 * heads) === 0;
  if (!good) reader.refuse('its shape is impossible');
}

function readVocabulary(reader: Reader, size: number, headerBytes: number): number[] {
  if (headerBytes !== FIXED_HEADER + 4 * size + 4) reader.refuse('its header has the wrong size');
  const view = viewOf(reader.take(4 * size + 4, 'it ends within its header'));
  if (view.getUint32(4 * size, true) !== crc32(reader.since(0, 4))) {
    reader.refuse('its header is damaged');
  }
  const characters = Array.from({ length: size }, (_, token) => view.getUint32(4 * token, true));
  const ordered = characters.every((c, token) => c > (characters[token - 1] ?? 0));
  if (!ordered || characters.some((c) => c > 0x10ffff)) {
    reader.refuse('its vocabulary is not in order');
  }
  return characters;
}

// ---- sections ----

function readSection(reader: Reader, expected: ExpectedSection): Section {
  const { name, kind, count } = expected;
  const start = reader.position;
  const head = reader.take(SECTION_HEADER, `it ends before its section ${name}`);
  const size = viewOf(head).getUint32(NAME_BYTES, true);
  const paddedName = name.padEnd(NAME_BYTES, '\0');
  if (
    asciiOf(head.subarray(0, NAME_BYTES)) !== paddedName ||
    size !== count * (kind === 'int8' ? 1 : 4)
  ) {
    reader.refuse(`where section ${name} should be is something else`);
  }
  const bytes = reader.take(size, `it ends within its section ${name}`);
  const sum = crc32(bytes, crc32(head.subarray(0, NAME_BYTES + 4)));
  if (sum !== viewOf(head).getUint32(NAME_BYTES + 4, true)) {
    reader.refuse(`its section ${name} (at byte ${start}) is damaged`);
  }
  return { name, kind, bytes, values: kind === 'int8' ? int8sOf(bytes) : float32sOf(bytes) };
}

// ---- bytes ----

// Hands out the file piece by piece.
class Reader {
  position = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly name: string,
  ) {}

  get atEnd(): boolean {
    return this.position === this.bytes.length;
  }

  take(size: number, whyNot: string): Uint8Array {
    if (this.bytes.length - this.position < size) this.refuse(whyNot);
    this.position += size;
    return this.bytes.subarray(this.position - size, this.position);
  }

  /** What was taken from byte `start` on, without the last `without` bytes. */
  since(start: number, without: number): Uint8Array {
    return this.bytes.subarray(start, this.position - without);
  }

  refuse(why: string): never {
    throw new UserError(`cannot use ${this.name}: ${why}`, {
      hint: 'Train a new one, or name another file.',
      exitCode: 2,
    });
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function asciiOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function int8sOf(bytes: Uint8Array): Int8Array {
  return new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

// Little-endian binary32, wherever it lies and whatever this machine's own order is.
export function float32sOf(bytes: Uint8Array): Float32Array {
  const view = viewOf(bytes);
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

// CRC-32 as in zip and PNG; `crc` continues an earlier one.
export function crc32(bytes: Uint8Array, crc = 0): number {
  let value = ~crc;
  for (const byte of bytes) value = (value >>> 8) ^ (crcTable[(value ^ byte) & 255] ?? 0);
  return ~value >>> 0;
}
