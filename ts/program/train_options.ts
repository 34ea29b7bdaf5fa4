// The options of `legacy_llm train` as settings, and the arguments that they stand for.
import type { Activation, Norm, Optimizer, Scheme } from './checkpoint_layout.ts';
import type { TokenizerKind } from './tokenizer.ts';

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
export const presets = ['tiny', 'small', 'base', 'medium', 'max32', 'max64'] as const;
// One of them.
export type Preset = (typeof presets)[number];

// The options of a training; the program has a default for all but the seed.
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
  threads?: number;
  tokenizer?: TokenizerKind;
  vocab?: number;
  separator?: string;
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
  threads: 'threads',
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
