// The options of `legacy_llm train` as settings, and the arguments that they stand for.
import { UserError } from '../../scripts/user_error.mjs';
import type {
  Activation,
  Norm,
  Optimizer,
  QkNorm,
  Scheme,
  TokenizerKind,
} from './checkpoint_layout.ts';

// What has a default of the command; with a preset only what is given.
export interface ShapeSettings {
  steps: number;
  layers: number;
  heads: number;
  dim: number;
  context: number;
  batch: number;
}

// The program's presets, in its order (c/src/run/presets.c).
export const presets = [
  'tiny',
  'small',
  'base',
  'book',
  'hour32',
  'night32',
  'hour64',
  'night64',
  'gguf',
  'medium',
  'max32',
  'max64',
] as const;
// One of them.
export type Preset = (typeof presets)[number];

// The options of a training; the program has a default for all but the seed.
export interface TrainSettings extends Partial<ShapeSettings> {
  seed: number;
  preset?: Preset;
  lr?: string;
  embeddingLr?: string;
  warmup?: number;
  clip?: string;
  bigramRows?: number;
  ngrams?: number;
  ngramRows?: number;
  ngramWidth?: number;
  ngramDropout?: string;
  embeddingInit?: string;
  optimizer?: Optimizer;
  scheme?: Scheme;
  norm?: Norm;
  qkNorm?: QkNorm;
  act?: Activation;
  microBatch?: number;
  recompute?: string;
  threads?: number;
  tokenizer?: TokenizerKind;
  vocab?: number;
  separator?: string;
  /** A size, or `none`. */
  counts?: string;
  order?: number;
}

// The smallest and the largest value that the program takes, by setting.
export const limits = {
  steps: [1, 1_048_576],
  seed: [0, 4_294_967_295],
  layers: [1, 64],
  heads: [1, 64],
  dim: [4, 1024],
  context: [2, 1024],
  batch: [1, 4096],
  bigramRows: [0, 65_536],
  ngrams: [0, 5],
  ngramRows: [1, 65_536],
  ngramWidth: [1, 1024],
  microBatch: [1, 4096],
  vocab: [257, 8192],
  order: [1, 12],
} as const;

// Refuses what the program would refuse of values that are right each by itself.
export function checkShape({ dim, heads, vocab, tokenizer }: TrainSettings): void {
  if (dim !== undefined && heads !== undefined && dim % (2 * heads) !== 0) {
    const words = `--dim ${dim} with --heads ${heads}: dim must be a multiple of ${2 * heads}`;
    throw new UserError(words, { exitCode: 2 });
  }
  if (vocab !== undefined && tokenizer !== 'bpe') {
    throw new UserError('--vocab is only for --tokenizer bpe', { exitCode: 2 });
  }
}

// The option of the program for each setting, in the order in which they are handed on.
export const programOptions: Readonly<Record<keyof TrainSettings, string>> = {
  preset: 'preset',
  steps: 'steps',
  seed: 'seed',
  layers: 'layers',
  heads: 'heads',
  dim: 'dim',
  context: 'context',
  batch: 'batch',
  lr: 'lr',
  embeddingLr: 'embedding-lr',
  warmup: 'warmup',
  clip: 'clip',
  bigramRows: 'bigram-rows',
  ngrams: 'ngrams',
  ngramRows: 'ngram-rows',
  ngramWidth: 'ngram-width',
  ngramDropout: 'ngram-dropout',
  embeddingInit: 'embedding-init',
  optimizer: 'optimizer',
  scheme: 'scheme',
  norm: 'norm',
  qkNorm: 'qk-norm',
  act: 'act',
  microBatch: 'micro-batch',
  recompute: 'recompute',
  threads: 'threads',
  tokenizer: 'tokenizer',
  vocab: 'vocab',
  separator: 'separator',
  counts: 'counts',
  order: 'order',
};

// The program's arguments for these settings; what is not given is left to the program.
export function trainArgs(settings: TrainSettings): string[] {
  return Object.entries(programOptions).flatMap(([key, name]) => {
    const value = settings[key as keyof TrainSettings];
    return value === undefined ? [] : [`--${name}`, String(value)];
  });
}
