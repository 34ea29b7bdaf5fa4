// The options of a training run, as the command line takes them and as the program wants them.
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';

export interface TrainSettings {
  steps: number;
  seed: number;
  layers: number;
  heads: number;
  dim: number;
  context: number;
  batch: number;
  lr?: string;
}

// Adds the options to a command, with these defaults.
export function addTrainOptions(command: Command, defaults: TrainSettings): Command {
  const count = (name: string, text: string, value: number) =>
    command.option(`--${name} <n>`, text, wholeNumber, value);
  count('steps', 'training steps', defaults.steps);
  count('seed', 'seed of weights and batches', defaults.seed);
  count('layers', 'layers of the model', defaults.layers);
  count('heads', 'attention heads', defaults.heads);
  count('dim', 'width of the model', defaults.dim);
  count('context', 'tokens that the model sees', defaults.context);
  count('batch', 'sequences a step', defaults.batch);
  return command.option('--lr <x>', "learning rate (default: the program's own)", decimal);
}

// The program's arguments for these settings.
export function trainArgs(settings: TrainSettings): string[] {
  const { steps, seed, layers, heads, dim, context, batch, lr } = settings;
  const counts = { steps, seed, layers, heads, dim, context, batch };
  const args = Object.entries(counts).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return lr === undefined ? args : [...args, '--lr', lr];
}

// A whole number of at most 32 bits; commander prints the error.
export function wholeNumber(text: string): number {
  if (!/^\d{1,10}$/.test(text) || Number(text) >= 2 ** 32) {
    throw new InvalidArgumentError('It must be a whole number.');
  }
  return Number(text);
}

// A decimal number, handed on as it was written.
function decimal(text: string): string {
  if (!/^\d*\.?\d+(e-?\d+)?$/i.test(text)) throw new InvalidArgumentError('It must be a number.');
  return text;
}
