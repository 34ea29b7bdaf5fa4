// What the header of a checkpoint implies: the names, kinds and lengths of its sections, in order.
// c/src/train/checkpoint.h draws the file; the lists below are in the order of the numbers in it.

// What values weights can take (c/src/model/quantizer.c).
export const schemes = ['pow2', 'absmean', 'twn', 'row', 'constant', 'binary', '2bit'] as const;
// One of them.
export type Scheme = (typeof schemes)[number];

// How activations are normalised.
export const norms = ['rms', 'layer'] as const;
// One of them.
export type Norm = (typeof norms)[number];

// How queries and keys are normalised.
export const qkNorms = ['rms', 'none'] as const;
// One of them.
export type QkNorm = (typeof qkNorms)[number];

// What stands inside the MLP.
export const activations = ['relu2', 'relu'] as const;
// One of them.
export type Activation = (typeof activations)[number];

// How the matrices learn (c/src/train/optimizer.c).
export const optimizers = [
  'muon',
  'lion',
  'spectral',
  'direct',
  'direct-stateless',
  'muon-float',
  'adam',
] as const;
// One of them.
export type Optimizer = (typeof optimizers)[number];

// How a text is cut into tokens (c/src/text/tokenizer.h).
export const tokenizers = ['chars', 'bytes', 'bpe'] as const;
// One of them.
export type TokenizerKind = (typeof tokenizers)[number];

// What a file holds: all that training needs, or the model alone.
export const contents = ['training', 'model'] as const;
// One of them.
export type Contents = (typeof contents)[number];

// The sizes and methods of a model.
export interface Shape {
  layers: number;
  heads: number;
  dim: number;
  context: number;
  vocab: number;
  /** The token that begins a document; 0 if there is none. */
  separator: number;
  bigramRows: number;
  /** Tokens of the longest n-gram that has an embedding; 0 if there is none. */
  ngrams: number;
  /** Rows for n-grams of three tokens; twice as many for each longer one. */
  ngramRows: number;
  /** Values of such a row. */
  ngramWidth: number;
  scheme: Scheme;
  norm: Norm;
  qkNorm: QkNorm;
  activation: Activation;
}

// How the values of a section are stored.
export type SectionKind = 'int8' | 'int16' | 'packed' | 'bytes' | 'uint32' | 'float32';

// Bytes of a number of each kind.
export const valueBytes: Readonly<Record<SectionKind, number>> = {
  int8: 1,
  int16: 2,
  packed: 1,
  bytes: 1,
  uint32: 4,
  float32: 4,
};

// One section as a shape asks for it.
export interface SectionShape {
  name: string;
  kind: SectionKind;
  /** Numbers in it: bytes, or floats. */
  count: number;
  /** Of packed codes: how many weights a row has. */
  columns?: number;
}

// Codes of one byte: it is a number of that base, its digits are the codes.
export const packings: Readonly<Record<Scheme, { perByte: number; base: number }>> = {
  pow2: { perByte: 5, base: 3 },
  absmean: { perByte: 5, base: 3 },
  twn: { perByte: 5, base: 3 },
  row: { perByte: 5, base: 3 },
  constant: { perByte: 5, base: 3 },
  binary: { perByte: 8, base: 2 },
  '2bit': { perByte: 4, base: 4 },
};

type Store = 'int8' | 'float32' | 'packed';

// Where the weights lie, and what is remembered of each matrix.
const states: Readonly<Record<Optimizer, { store: Store; moments: readonly string[] }>> = {
  muon: { store: 'int8', moments: ['momentum', 'mscale'] },
  lion: { store: 'int8', moments: ['momentum', 'mscale'] },
  spectral: { store: 'int8', moments: [] },
  direct: { store: 'packed', moments: ['momentum', 'mscale'] },
  'direct-stateless': { store: 'packed', moments: [] },
  'muon-float': { store: 'float32', moments: ['m'] },
  adam: { store: 'float32', moments: ['m', 'v'] },
};

// Rows and columns of the matrices of every layer, in the order of the file.
export function matrixShapes({
  dim,
}: Pick<Shape, 'dim'>): Record<string, [rows: number, columns: number]> {
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

// Names, kinds and lengths of all sections of the model, in the order of the file; the tokenizer's
// comes before them. `bytes` is how many n-grams and words take; a section of none is not there.
export function sectionList(
  shape: Shape,
  optimizer: Optimizer,
  what: Contents,
  bytes: { counts?: number; words?: number } = {},
): SectionShape[] {
  const layers = Array.from({ length: shape.layers }, (_, layer) => `layer${layer}`);
  const matrices = layers.flatMap((layer) =>
    Object.entries(matrixShapes(shape)).flatMap(([matrix, [rows, columns]]) => {
      const name = `${layer}.${matrix}`;
      const { store, moments } = states[optimizer];
      return what === 'model'
        ? weightSections(name, 'packed', shape.scheme, rows, columns)
        : [
            ...weightSections(name, store, shape.scheme, rows, columns),
            ...moments.map((moment) => momentSection(name, moment, rows, columns)),
          ];
    }),
  );
  const ofBytes = ['counts', 'words'] as const;
  const beside = ofBytes.map((name) => ({ name, kind: 'bytes' as const, count: bytes[name] ?? 0 }));
  return [
    ...beside.filter(({ count }) => count > 0),
    ...matrices,
    ...blockSections(shape, layers, what),
    ...tableSections(shape, what),
  ];
}

function weightSections(
  name: string,
  store: Store,
  scheme: Scheme,
  rows: number,
  columns: number,
): SectionShape[] {
  if (store !== 'packed') return [{ name, kind: store, count: rows * columns }];
  const rowBytes = Math.ceil(columns / packings[scheme].perByte);
  return [
    { name, kind: 'packed', count: rows * rowBytes, columns },
    { name: `${name}.scale`, kind: 'float32', count: rows },
  ];
}

function momentSection(name: string, moment: string, rows: number, columns: number): SectionShape {
  return {
    name: `${name}.${moment}`,
    kind: moment === 'momentum' ? 'int8' : 'float32',
    count: moment === 'mscale' ? rows : rows * columns,
  };
}

function blockSections(shape: Shape, layers: string[], what: Contents): SectionShape[] {
  const gains = layers.flatMap((layer): [string, number][] => [
    [`${layer}.query_gain`, shape.heads],
    [`${layer}.output_gain`, 2],
  ]);
  const float = (name: string, count: number): SectionShape => ({ name, kind: 'float32', count });
  const training = what === 'training';
  return [
    { name: 'token_embedding', kind: 'int16', count: shape.vocab * shape.dim },
    ...(training ? [float('token_embedding.v', shape.vocab)] : []),
    ...gains.flatMap(([name, count]) =>
      (training ? ['', '.m', '.v'] : ['']).map((suffix) => float(name + suffix, count)),
    ),
  ];
}

// An embedding of the last tokens together, found by a hash: rows of int8.
export interface RowTable {
  name: string;
  /** Tokens that choose a row. */
  tokens: number;
  rows: number;
  width: number;
}

// What 1 stands for in such a row, and in the embedding of a token.
export const ROW_UNIT = 2 ** -8;
export const TOKEN_UNIT = 2 ** -14;

// The tables of a shape, those of fewer tokens first.
export function rowTables(shape: Shape): RowTable[] {
  const { dim, bigramRows, ngrams, ngramRows, ngramWidth } = shape;
  const pairs = { name: 'bigram_embedding', tokens: 2, rows: bigramRows, width: dim };
  const longer = [3, 4, 5].filter((tokens) => tokens <= ngrams);
  return [
    ...(bigramRows > 0 ? [pairs] : []),
    ...longer.map((tokens) => ({
      name: `ngram${tokens}_embedding`,
      tokens,
      rows: ngramRows * 2 ** (tokens - 3),
      width: ngramWidth,
    })),
  ];
}

function tableSections(shape: Shape, what: Contents): SectionShape[] {
  return rowTables(shape).flatMap(({ name, rows, width }): SectionShape[] => [
    { name, kind: 'int8', count: rows * width },
    ...(what === 'model'
      ? []
      : [
          { name: `${name}.v`, kind: 'float32' as const, count: rows },
          { name: `${name}.last`, kind: 'uint32' as const, count: rows },
        ]),
  ]);
}
