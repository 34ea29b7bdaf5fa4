// The options of a training run, as the command line takes them and as the program wants them.
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { type Optimizer, optimizers } from '../parity/checkpoint.ts';

export interface TrainSettings {
  steps: number;
  seed: number;
  layers: number;
  heads: number;
  dim: number;
  context: number;
  batch: number;
  lr?: string;
  optimizer?: Optimizer;
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
  return command
    .option('--lr <x>', "learning rate (default: the program's own)", decimal)
    .addOption(
      new Option(
        '--optimizer <name>',
        "how the matrices learn (default: the program's own)",
      ).choices(optimizers),
    );
}

// The program's arguments for these settings; what is not given is left to the program.
export function trainArgs(settings: TrainSettings): string[] {
  const { steps, seed, layers, heads, dim, context, batch, lr, optimizer } = settings;
  const given = { steps, seed, layers, heads, dim, context, batch, lr, optimizer };
  return Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, String(value)],
  );
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
  if (!/^\d*\.?\d+$/.test(text)) throw new InvalidArgumentError('It must be a number.');
  return text;
}
