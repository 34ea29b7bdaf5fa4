// Command lines of the program that several parts of the driver use.
import { type TrainSettings, trainArgs } from './train_options.ts';

// Where a training finds and leaves its files.
export interface TrainFiles {
  text: string;
  /** Nothing where no checkpoint is to be kept. */
  checkpoint?: string;
  log?: string;
}

// A training that says in JSON what it does.
export function trainCommand(files: TrainFiles, settings: TrainSettings): string[] {
  const { text, checkpoint = 'none', log } = files;
  const places = [
    '--text',
    text,
    '--out',
    checkpoint,
    ...(log === undefined ? [] : ['--log', log]),
  ];
  return ['train', ...places, '--json', ...trainArgs(settings)];
}

// A text of so many tokens, written into a file.
export function generateCommand(
  checkpoint: string,
  out: string,
  tokens: number,
  seed: number,
): string[] {
  const length = ['--tokens', String(tokens), '--seed', String(seed)];
  return ['generate', '--model', checkpoint, '--out', out, ...length];
}

// A text as the program writes it where nothing more is asked for.
export function storyCommand(model: string): string[] {
  return ['generate', '--model', model];
}

// What the held-out part of a text costs a model, in JSON.
export function evalCommand(model: string, text: string, ...more: string[]): string[] {
  return ['eval', '--model', model, '--text', text, '--json', ...more];
}

// The memory plan of a training, in JSON.
export function planCommand(text: string, args: readonly string[]): string[] {
  return ['plan', '--text', text, ...args, '--json'];
}

// The model of a checkpoint without what only training needs.
export function exportCommand(checkpoint: string, model: string): string[] {
  return ['export', '--model', checkpoint, '--out', model];
}
