// Reads a checkpoint as c/src/train/checkpoint.h draws it, and checks all of it before it believes any
// of it. A reader only: the program itself writes them.
import { viewOf } from '../support/bytes.ts';
import { crc32 } from '../support/crc.ts';
import { UserError } from '../support/errors.ts';
import { asciiOf, float32sOf, int8sOf, int16sOf, uint32sOf } from './bytes.ts';
import {
  activations,
  type Contents,
  contents,
  norms,
  type Optimizer,
  optimizers,
  packings,
  qkNorms,
  type SectionKind,
  type SectionShape,
  type Shape,
  schemes,
  sectionList,
  tokenizers,
  valueBytes,
} from './checkpoint_layout.ts';
import { entryCount, fitsKind, MAX_SEPARATOR, type Tokenizer, whyUnsound } from './tokenizer.ts';

// The state of a training.
export interface Training {
  steps: number;
  batch: number;
  warmup: number;
  seed: number;
  optimizer: Optimizer;
  matrixLearningRate: number;
  embeddingLearningRate: number;
  clip: number;
  /** Share of the rows of n-grams that a step leaves out. */
  ngramDropout: number;
  /** The most bytes that n-grams may take in memory; 0: none are counted. */
  counts: number;
  /** Tokens of the longest of them. */
  order: number;
}

// One section of a checkpoint.
export interface Section {
  name: string;
  kind: SectionKind;
  /** As in the file. */
  bytes: Uint8Array;
  /** The same as numbers. */
  values: Int8Array | Int16Array | Uint8Array | Uint32Array | Float32Array;
}

// All that a checkpoint holds.
export interface Checkpoint {
  shape: Shape;
  training: Training;
  contents: Contents;
  /** Optimizer steps done. */
  step: number;
  /** Bytes that its n-grams take in memory, and in the file; 0: it has none. */
  counts: { bytes: number; packed: number };
  /** Bytes of the list of words that a model may write; 0: it may write any. */
  wordsBytes: number;
  text: { tokens: number; bytes: number; crc: number };
  tokenizer: Tokenizer;
  /** In the order of the file, without the tokenizer's and the empty one that ends it. */
  sections: readonly Section[];
}

const MAGIC = 'LEGACYLM';
const GGUF_MAGIC = 'GGUF';
const VERSION = 4;
const HEADER_BYTES = 192;
const SEPARATOR_AT = 116;
const NAME_BYTES = 24;
const SECTION_HEADER = 32;
const MAX_VOCAB = 8192;
const MAX_WORD_LIST = 2 ** 20;

// Whether a file that begins so is a checkpoint or an exported model.
function isModelFile(bytes: Uint8Array): boolean {
  return asciiOf(bytes.subarray(0, MAGIC.length)) === MAGIC;
}

// The same of any file that the program takes as a model: also one in GGUF.
export function holdsModel(bytes: Uint8Array): boolean {
  return isModelFile(bytes) || asciiOf(bytes.subarray(0, GGUF_MAGIC.length)) === GGUF_MAGIC;
}

// The whole checkpoint, or a UserError that says where it is wrong. `name` is for that message.
export function readCheckpoint(bytes: Uint8Array, name = 'the checkpoint'): Checkpoint {
  const reader = new Reader(bytes, name);
  const { tokenizer, ...header } = readHeader(reader);
  const { shape, training } = header;
  const entries = readEntries(reader, tokenizer, shape);
  const expected = sectionList(shape, training.optimizer, header.contents, {
    counts: header.counts.packed,
    words: header.wordsBytes,
  });
  const sections = expected.map((section) => readSection(reader, section, shape));
  readSection(reader, { name: 'end', kind: 'int8', count: 0 }, shape);
  if (!reader.atEnd) reader.refuse('it goes on after its last section');
  return { ...header, tokenizer: { ...tokenizer, entries }, sections };
}

// The numbers of one section; a programmer's error if the shape has none of that name.
export function sectionValues(checkpoint: Checkpoint, name: string): Section['values'] {
  const section = checkpoint.sections.find((candidate) => candidate.name === name);
  if (!section) throw new Error(`a checkpoint of this shape has no section ${name}`);
  return section.values;
}

// ---- header ----

type Header = Omit<Checkpoint, 'sections' | 'tokenizer'> & {
  tokenizer: Omit<Tokenizer, 'entries'>;
};

function readHeader(reader: Reader): Header {
  const bytes = reader.take(HEADER_BYTES, 'it is shorter than the header of a checkpoint');
  const view = viewOf(bytes);
  const int = (at: number) => view.getInt32(at, true);
  const float = (at: number) => view.getFloat32(at, true);
  if (!isModelFile(bytes)) reader.refuse('it is not a checkpoint of this program');
  if (int(8) !== VERSION)
    reader.refuse(`its version is ${int(8)}, and only version ${VERSION} can be read`);
  if (int(12) !== HEADER_BYTES) reader.refuse('its header has the wrong size');
  if (view.getUint32(HEADER_BYTES - 4, true) !== crc32(bytes.subarray(0, HEADER_BYTES - 4))) {
    reader.refuse('its header is damaged');
  }
  const shape: Shape = {
    layers: int(16),
    heads: int(20),
    dim: int(24),
    context: int(28),
    vocab: int(32),
    separator: int(36),
    bigramRows: int(40),
    ngrams: int(172),
    ngramRows: int(176),
    ngramWidth: int(180),
    scheme: reader.choose(schemes, int(44), 'scheme'),
    norm: reader.choose(norms, int(48), 'norm'),
    qkNorm: reader.choose(qkNorms, int(148), 'qk-norm'),
    activation: reader.choose(activations, int(52), 'activation'),
  };
  checkShape(reader, shape);
  const training: Training = {
    steps: int(56),
    batch: int(60),
    warmup: int(64),
    seed: view.getUint32(68, true),
    optimizer: reader.choose(optimizers, int(72), 'optimizer'),
    matrixLearningRate: float(76),
    embeddingLearningRate: float(80),
    clip: float(84),
    counts: int(156),
    order: int(160),
    ngramDropout: float(184),
  };
  const holds = reader.choose(contents, int(104), 'kind of contents');
  return {
    shape,
    training,
    step: int(88),
    counts: readCounted(reader, int(164), int(168), training.counts),
    wordsBytes: readWordBytes(reader, int(152), holds),
    text: { tokens: int(92), bytes: int(96), crc: view.getUint32(100, true) },
    contents: holds,
    tokenizer: {
      kind: reader.choose(tokenizers, int(108), 'kind of tokenizer'),
      separator: readSeparator(reader, bytes.subarray(SEPARATOR_AT), int(112), shape),
    },
  };
}

// What the n-grams take in memory and in the file: no more than they may, and both or none.
function readCounted(reader: Reader, bytes: number, packed: number, most: number) {
  if (bytes < 0 || bytes > most || packed < 0 || bytes > 0 !== packed > 0) {
    reader.refuse('its counts are impossible');
  }
  return { bytes, packed };
}

// What the list of words takes: only a model alone has one.
function readWordBytes(reader: Reader, bytes: number, what: Contents): number {
  if (bytes < 0 || bytes > MAX_WORD_LIST || (bytes > 0 && what === 'training')) {
    reader.refuse('its list of words is impossible');
  }
  return bytes;
}

// The separator of the tokenizer, of that many bytes, whose token is the last of the vocabulary.
function readSeparator(reader: Reader, bytes: Uint8Array, size: number, shape: Shape): Uint8Array {
  if (size < 0 || size > MAX_SEPARATOR) reader.refuse('its separator is too long');
  if (shape.separator !== (size > 0 ? shape.vocab - 1 : 0)) {
    reader.refuse('its separator is not the last token of its tokenizer');
  }
  return bytes.subarray(0, size);
}

// Bounds that keep the sizes sensible; whether the program would train it is the program's matter.
function checkShape(reader: Reader, shape: Shape): void {
  const { layers, heads, dim, context, vocab, bigramRows, ngrams, ngramRows, ngramWidth } = shape;
  const within = (value: number, low: number, high: number) => value >= low && value <= high;
  const good =
    within(layers, 1, 64) &&
    within(heads, 1, 64) &&
    within(dim, 4, 1024) &&
    within(context, 2, 1024) &&
    within(vocab, 2, MAX_VOCAB) &&
    within(bigramRows, 0, 65536) &&
    (ngrams === 0 || within(ngrams, 3, 5)) &&
    within(ngramRows, ngrams > 0 ? 1 : 0, 65536) &&
    within(ngramWidth, ngrams > 0 ? 1 : 0, ngrams > 0 ? dim : 1024) &&
    dim % (2 * heads) === 0;
  if (!good) reader.refuse('its shape is impossible');
}

// ---- sections ----

// What the tokenizer consists of, from the section that comes first.
function readEntries(
  reader: Reader,
  tokenizer: Omit<Tokenizer, 'entries'>,
  shape: Shape,
): readonly number[] {
  const { kind, separator } = tokenizer;
  const count = entryCount(kind, shape.vocab, separator.length > 0);
  if (!fitsKind(kind, count)) reader.refuse('its vocabulary size does not fit its tokenizer');
  const section = readSection(reader, { name: 'tokenizer', kind: 'uint32', count }, shape);
  const entries = [...section.values];
  const why = whyUnsound({ ...tokenizer, entries });
  return why === undefined ? entries : reader.refuse(why);
}

function readSection(reader: Reader, expected: SectionShape, shape: Shape): Section {
  const { name, kind, count } = expected;
  const start = reader.position;
  const head = reader.take(SECTION_HEADER, `it ends before section ${name}`);
  const size = viewOf(head).getUint32(NAME_BYTES, true);
  const paddedName = name.padEnd(NAME_BYTES, '\0');
  if (asciiOf(head.subarray(0, NAME_BYTES)) !== paddedName || size !== count * valueBytes[kind]) {
    reader.refuse(`it is damaged: its section ${name} is missing or misplaced`);
  }
  const bytes = reader.take(size, `it ends within section ${name}`);
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
  if (kind === 'int16') return int16sOf(bytes);
  if (kind === 'uint32') return uint32sOf(bytes);
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

  /** The name with that number in a list. */
  choose<T extends string>(names: readonly T[], number: number, what: string): T {
    return names[number] ?? this.refuse(`its ${what} is unknown`);
  }

  refuse(why: string): never {
    throw new UserError(`cannot use ${this.name}: ${why}`, {
      hint: 'Give another file, or train a new one.',
      exitCode: 2,
    });
  }
}
