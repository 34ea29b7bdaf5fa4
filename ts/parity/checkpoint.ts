// Reads a checkpoint as c/include/checkpoint.h draws it, and checks all of it before it believes any
// of it. A reader only: the program itself writes them.
import { UserError } from '../support/errors.ts';
import { asciiOf, crc32, float32sOf, int8sOf, viewOf } from './bytes.ts';
import {
  activations,
  type Contents,
  contents,
  norms,
  type Optimizer,
  optimizers,
  packings,
  type SectionKind,
  type SectionShape,
  type Shape,
  schemes,
  sectionList,
} from './checkpoint_layout.ts';

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

export interface Section {
  name: string;
  kind: SectionKind;
  /** As in the file. */
  bytes: Uint8Array;
  /** The same as numbers. */
  values: Int8Array | Uint8Array | Float32Array;
}

export interface Checkpoint {
  shape: Shape;
  training: Training;
  contents: Contents;
  /** Optimizer steps done. */
  step: number;
  text: { characters: number; crc: number };
  /** Code points in ascending order; a token is a place in it. */
  vocabulary: readonly number[];
  /** In the order of the file, without the empty one that ends it. */
  sections: readonly Section[];
}

const MAGIC = 'LEGACYLM';
const VERSION = 2;
const FIXED_HEADER = 100;
const NAME_BYTES = 24;
const SECTION_HEADER = 32;
const MAX_VOCAB = 1024;

// The whole checkpoint, or a UserError that says where it is wrong. `name` is for that message.
export function readCheckpoint(bytes: Uint8Array, name = 'the checkpoint'): Checkpoint {
  const reader = new Reader(bytes, name);
  const header = readHeader(reader);
  const { shape, training } = header;
  const expected = sectionList(shape, training.optimizer, header.contents);
  const sections = expected.map((section) => readSection(reader, section, shape));
  readSection(reader, { name: 'end', kind: 'int8', count: 0 }, shape);
  if (!reader.atEnd) reader.refuse('something follows its end');
  return { ...header, sections };
}

// The numbers of one section; a programmer's error if the shape has none of that name.
export function sectionValues(checkpoint: Checkpoint, name: string): Section['values'] {
  const section = checkpoint.sections.find((candidate) => candidate.name === name);
  if (!section) throw new Error(`a checkpoint of this shape has no section ${name}`);
  return section.values;
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
    scheme: reader.choose(schemes, int(40), 'scheme'),
    norm: reader.choose(norms, int(44), 'norm'),
    activation: reader.choose(activations, int(48), 'activation'),
  };
  checkShape(reader, shape);
  const training: Training = {
    steps: int(52),
    batch: int(56),
    warmup: int(60),
    seed: view.getUint32(64, true),
    optimizer: reader.choose(optimizers, int(68), 'optimizer'),
    matrixLearningRate: float(72),
    embeddingLearningRate: float(76),
    clip: float(80),
  };
  return {
    shape,
    training,
    step: int(84),
    text: { characters: int(88), crc: view.getUint32(92, true) },
    contents: reader.choose(contents, int(96), 'kind of contents'),
    vocabulary: readVocabulary(reader, shape.vocab, int(12)),
  };
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

function readSection(reader: Reader, expected: SectionShape, shape: Shape): Section {
  const { name, kind, count } = expected;
  const start = reader.position;
  const head = reader.take(SECTION_HEADER, `it ends before its section ${name}`);
  const size = viewOf(head).getUint32(NAME_BYTES, true);
  const paddedName = name.padEnd(NAME_BYTES, '\0');
  if (
    asciiOf(head.subarray(0, NAME_BYTES)) !== paddedName ||
    size !== count * (kind === 'float32' ? 4 : 1)
  ) {
    reader.refuse(`where section ${name} should be is something else`);
  }
  const bytes = reader.take(size, `it ends within its section ${name}`);
  const sum = crc32(bytes, crc32(head.subarray(0, NAME_BYTES + 4)));
  if (sum !== viewOf(head).getUint32(NAME_BYTES + 4, true)) {
    reader.refuse(`its section ${name} (at byte ${start}) is damaged`);
  }
  if (kind === 'packed' && !soundCodes(bytes, expected, shape)) {
    reader.refuse(`its section ${name} holds impossible codes`);
  }
  return { name, kind, bytes, values: valuesOf(kind, bytes) };
}

function valuesOf(kind: SectionKind, bytes: Uint8Array): Section['values'] {
  if (kind === 'float32') return float32sOf(bytes);
  return kind === 'int8' ? int8sOf(bytes) : bytes;
}

// Whether every byte is a number of its digits; the last one of a row may have fewer.
function soundCodes(bytes: Uint8Array, { columns = 1 }: SectionShape, shape: Shape): boolean {
  const { base, perByte } = packings[shape.scheme];
  const rowBytes = Math.ceil(columns / perByte);
  const last = base ** (((columns - 1) % perByte) + 1);
  return bytes.every((byte, at) =>
    at % rowBytes === rowBytes - 1 ? byte < last : byte < base ** perByte,
  );
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

  /** The name with that number in a list. */
  choose<T extends string>(names: readonly T[], number: number, what: string): T {
    return names[number] ?? this.refuse(`its ${what} is unknown`);
  }

  refuse(why: string): never {
    throw new UserError(`cannot use ${this.name}: ${why}`, {
      hint: 'Train a new one, or name another file.',
      exitCode: 2,
    });
  }
}
