// The options of a training run, as the command line takes them and as the program wants them.
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import {
  type Activation,
  activations,
  type Norm,
  norms,
  type Optimizer,
  optimizers,
  type Scheme,
  schemes,
} from '../parity/checkpoint_layout.ts';
import { type TokenizerKind, tokenizers } from '../parity/tokenizer.ts';

// What has a default of the command; with a preset only what is given.
export interface ShapeSettings {
  steps: number;
  layers: number;
  heads: number;
  dim: number;
  context: number;
  batch: number;
}

// The program's presets, in its order (c/src/presets.c).
export const presets = ['tiny', 'small', 'base', 'medium', 'max32', 'max64'] as const;
export type Preset = (typeof presets)[number];

export interface TrainSettings extends Partial<ShapeSettings> {
  seed: number;
  preset?: Preset;
  lr?: string;
  embeddingLr?: string;
  bigramRows?: number;
  optimizer?: Optimizer;
  scheme?: Scheme;
  norm?: Norm;
  act?: Activation;
  microBatch?: number;
  recompute?: string;
  tokenizer?: TokenizerKind;
  vocab?: number;
  separator?: string;
}

// Adds the options to a command; a shape that is not given is filled in by withDefaults.
export function addTrainOptions(command: Command, defaults: ShapeSettings): Command {
  const count = (name: string, text: string, value: number) =>
    command.option(`--${name} <n>`, `${text} (default: ${value})`, wholeNumber);
  const choice = (name: string, text: string, names: readonly string[]) =>
    command.addOption(new Option(`--${name} <name>`, text).choices(names));
  choice('preset', "a shape and settings of the program's own instead of the defaults", presets);
  command.option('--seed <n>', 'seed of weights and batches', wholeNumber, 1);
  count('steps', 'training steps', defaults.steps);
  count('layers', 'layers of the model', defaults.layers);
  count('heads', 'attention heads', defaults.heads);
  count('dim', 'width of the model', defaults.dim);
  count('context', 'tokens that the model sees', defaults.context);
  count('batch', 'sequences a step', defaults.batch);
  command
    .option('--lr <x>', "learning rate (default: the program's own)", decimal)
    .option('--embedding-lr <x>', 'learning rate of embeddings', decimal)
    .option('--bigram-rows <n>', 'rows of the bigram embedding', wholeNumber)
    .option('--micro-batch <n>', 'sequences that go through together', wholeNumber)
    .option('--recompute <none|block|n>', 'layers whose activations are kept at a time', segment)
    .option('--vocab <n>', 'tokens that bpe learns', wholeNumber)
    .option('--separator <text>', "what stands between documents, such as '\\n\\n'");
  choice('tokenizer', 'how text becomes tokens (default: chars)', tokenizers);
  choice('optimizer', "how the matrices learn (default: the program's own)", optimizers);
  choice('scheme', 'what values weights take', schemes);
  choice('norm', 'how activations are normalised', norms);
  return choice('act', 'what stands inside the MLP', activations);
}

// The settings with the defaults of a command for what was not given; a preset brings its own.
export function withDefaults<T extends TrainSettings>(settings: T, defaults: ShapeSettings): T {
  return settings.preset === undefined ? { ...defaults, ...settings } : settings;
}

// The option of the program for each setting, in the order in which they are handed on.
const programOptions: Readonly<Record<keyof TrainSettings, string>> = {
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
  bigramRows: 'bigram-rows',
  optimizer: 'optimizer',
  scheme: 'scheme',
  norm: 'norm',
  act: 'act',
  microBatch: 'micro-batch',
  recompute: 'recompute',
  tokenizer: 'tokenizer',
  vocab: 'vocab',
  separator: 'separator',
};

// The program's arguments for these settings; what is not given is left to the program.
export function trainArgs(settings: TrainSettings): string[] {
  return Object.entries(programOptions).flatMap(([key, name]) => {
    const value = settings[key as keyof TrainSettings];
    return value === undefined ? [] : [`--${name}`, String(value)];
  });
}

// A whole number of at most 32 bits; commander prints the error.
export function wholeNumber(text: string): number {
  if (!/^\d{1,10}$/.test(text) || Number(text) >= 2 ** 32) {
    throw new InvalidArgumentError('It must be a whole number.');
  }
  return Number(text);
}

// A count of 1 to 999,999,999.
export function smallCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Give a whole number.');
  return Number(text);
}

// A decimal number, handed on as it was written.
export function decimal(text: string): string {
  if (!/^\d*\.?\d+$/.test(text)) throw new InvalidArgumentError('It must be a number.');
  return text;
}

// How many layers keep their activations at a time: a number, all of them or one.
export function segment(text: string): string {
  if (text === 'none' || text === 'block' || /^[1-9]\d?$/.test(text)) return text;
  throw new InvalidArgumentError('It must be a number of layers, or "none" or "block".');
}
