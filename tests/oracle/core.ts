// Lets the core do one training step and show all of it: parameters before, tensors on the way.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Checkpoint, readCheckpoint, sectionValues } from '../../ts/program/checkpoint.ts';
import {
  type Activation,
  type Norm,
  type Optimizer,
  type QkNorm,
  ROW_UNIT,
  rowTables,
  type Scheme,
  TOKEN_UNIT,
} from '../../ts/program/checkpoint_layout.ts';
import { decode, type Tokenizer } from '../../ts/program/tokenizer.ts';
import { exec } from '../../ts/support/exec.ts';
import { readTokenFile } from '../token_file.ts';
import { rightBlocks } from './blocks.ts';
import { type Numbers, readStepDump, type StepDump, type Tensors } from './dump.ts';
import { unitOf } from './fixed.ts';
import { EMBEDDING_GAIN, rowsOf, type Sequence } from './model.ts';

// A shape, a seed, how it learns, and for how long before the step that is looked at.
export interface Case {
  layers: number;
  heads: number;
  dim: number;
  context: number;
  bigramRows: number;
  /** Tokens of the longest n-gram with an embedding, its rows and their width; none by default. */
  ngrams?: number;
  ngramRows?: number;
  ngramWidth?: number;
  batch: number;
  seed: number;
  stepsBefore: number;
  scheme: Scheme;
  norm: Norm;
  /** Queries and keys have a norm by default. */
  qkNorm?: QkNorm;
  act: Activation;
  optimizer: Optimizer;
  /** How text becomes tokens; by default a token a character. */
  tokenizer?: 'bytes' | 'bpe';
  /** Tokens that bpe has. */
  vocab?: number;
  /** Words of a document on average; by default the text is one document. */
  documentWords?: number;
}

export interface CoreStep {
  /** Parameters as the step found them. */
  checkpoint: Checkpoint;
  dump: StepDump;
  /** Of the batch, in the order of dump.sequences. */
  sequences: Sequence[];
}

// Trains for stepsBefore steps, then runs one more from the checkpoint of those with --dump.
export async function runCore(program: string, chosen: Case): Promise<CoreStep> {
  const folder = await mkdtemp(path.join(tmpdir(), 'legacy-oracle-'));
  const file = (name: string) => path.join(folder, name);
  try {
    const text = randomText(chosen.seed, chosen.documentWords);
    await writeFile(file('text'), text);
    await exec(program, [
      'train',
      ...trainArguments(chosen),
      ...places(file('text'), file('before')),
    ]);
    // One by one, so that the tensors of a sequence follow each other.
    const resume = ['--resume', file('before'), '--dump', file('dump'), '--micro-batch', '1'];
    await exec(program, ['train', ...resume, ...places(file('text'), file('after'))]);
    const checkpoint = readCheckpoint(await readFile(file('before')));
    const unit = unitOf(chosen.batch, chosen.context);
    const dump = readStepDump(await readFile(file('dump')), unit);
    const tokens = tokensOf(text, await readFile(file('before.tokens')), checkpoint.tokenizer);
    const sequences = dump.sequences.map((tensors) => findSequence(checkpoint, tokens, tensors));
    return { checkpoint, dump, sequences };
  } finally {
    await rm(folder, { recursive: true });
  }
}

// The text has its tokens in a file, since hardly anything is allowed to lie in memory.
function places(text: string, out: string): string[] {
  return ['--text', text, '--text-ram', '1', '--out', out, '--json'];
}

// Named, so that the cases stay what they are when the program's defaults change.
const settings = { lr: '0.0008', 'embedding-lr': '0.004', counts: 'none' };

function trainArguments(chosen: Case): string[] {
  const options = {
    layers: chosen.layers,
    heads: chosen.heads,
    dim: chosen.dim,
    context: chosen.context,
    'bigram-rows': chosen.bigramRows,
    ngrams: chosen.ngrams,
    'ngram-rows': chosen.ngramRows,
    'ngram-width': chosen.ngramWidth,
    batch: chosen.batch,
    seed: chosen.seed,
    steps: chosen.stepsBefore + 1,
    'stop-after': chosen.stepsBefore,
    scheme: chosen.scheme,
    norm: chosen.norm,
    'qk-norm': chosen.qkNorm,
    act: chosen.act,
    optimizer: chosen.optimizer,
    tokenizer: chosen.tokenizer,
    vocab: chosen.vocab,
    separator: chosen.documentWords && SEPARATOR,
    ...settings,
  };
  return Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, String(value)],
  );
}

// ---- a text ----

const SEPARATOR = '.';

// Words of random letters, early ones more often, from a small generator of its own (Park and
// Miller, 1988). No word is used on purpose twice, so that no two windows are alike. Documents end
// after any word, and some after none.
function randomText(seed: number, documentWords?: number): string {
  let state = seed + 1;
  const draw = (below: number) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
  const letters = [...'etaoinshrdlucmwfgypbvkäéxj'];
  const letter = () => letters[Math.min(draw(letters.length), draw(letters.length))];
  const word = () => Array.from({ length: 1 + draw(7) }, letter).join('');
  const gap = () => (documentWords && draw(documentWords) === 0 ? SEPARATOR : ' ');
  if (documentWords === undefined) return Array.from({ length: 300 }, word).join(' ');
  return Array.from({ length: 300 }, () => (draw(20) === 0 ? '' : word()) + gap()).join('');
}

// The program's own tokens of a text, once it is sure that they stand for the text, and that each
// separator in it is a token of its own.
function tokensOf(text: string, file: Buffer, tokenizer: Tokenizer): number[] {
  const { tokens, vocab } = readTokenFile(file);
  const separators = tokens.filter((token) => token === vocab - 1).length;
  const whole = decode(tokenizer, tokens).toString() === text;
  const apart = tokenizer.separator.length === 0 || separators === text.split(SEPARATOR).length - 1;
  if (whole && apart) return tokens;
  throw new Error('the tokens are not those of the text');
}

// ---- which part of the text it was ----

// The one place of the text whose embeddings are those of the dump, to the bit. So neither the
// order of the windows has to be computed a second time, nor must it be believed.
function findSequence(
  checkpoint: Checkpoint,
  tokens: readonly number[],
  tensors: Tensors,
): Sequence {
  const embedding = tensors.get('embedding') ?? new Float32Array();
  const T = checkpoint.shape.context;
  const starts = [...tokens.keys()].slice(0, -T);
  // The first token alone tells most places apart.
  const [start, another] = starts.filter((at) =>
    [1, T].every((n) => isEmbeddingOf(checkpoint, tokens.slice(at, at + n), embedding)),
  );
  if (start === undefined || another !== undefined) {
    throw new Error('the dumped embedding is that of no window of the text, or of several');
  }
  return {
    tokens: tokens.slice(start, start + T),
    targets: tokens.slice(start + 1, start + T + 1),
    shares: Float32Array.from(tensors.get('shares') ?? []),
  };
}

// Whether the embedding begins with that of these tokens.
function isEmbeddingOf(
  checkpoint: Checkpoint,
  tokens: readonly number[],
  embedding: Numbers,
): boolean {
  const { shape } = checkpoint;
  const values = sectionValues(checkpoint, 'token_embedding');
  const x = tokens.flatMap((token) =>
    Array.from(
      { length: shape.dim },
      (_, i) => EMBEDDING_GAIN * TOKEN_UNIT * (values[token * shape.dim + i] ?? 0),
    ),
  );
  for (const table of rowTables(shape)) {
    const added = sectionValues(checkpoint, table.name);
    for (const [t, row] of rowsOf(shape, rightBlocks, table, tokens).entries()) {
      for (let i = 0; i < table.width; i++) {
        const value = EMBEDDING_GAIN * ROW_UNIT * (added[row * table.width + i] ?? Number.NaN);
        x[t * shape.dim + i] = Math.fround((x[t * shape.dim + i] ?? 0) + value);
      }
    }
  }
  return x.every((value, i) => value === embedding[i]);
}
