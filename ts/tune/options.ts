// The parameters of a sweep as options of `legacy_llm train`.
import { programOptions } from '../program/train_options.ts';
import { UserError } from '../support/errors.ts';
import type { Setting, Space } from './space.ts';

// Those that a sweep decides by itself.
const OWN: readonly string[] = ['threads'];

const known = Object.values(programOptions).filter((name) => !OWN.includes(name));

// Options that bench does not have: they do not change what a step costs, but for the vocabulary,
// which stands in the text.
const BENCH = [
  ...['preset', 'layers', 'heads', 'dim', 'context', 'batch', 'bigram-rows', 'ngrams'],
  ...['ngram-rows', 'ngram-width', 'optimizer', 'scheme', 'norm', 'qk-norm', 'act', 'micro-batch'],
  'recompute',
];

// The option that a parameter means: `embedding_lr` is `embedding-lr`, as in Python.
export function optionOf(parameter: string): string {
  return parameter.replaceAll('_', '-');
}

// Refuses parameters that no training has.
export function checkNames(space: Space): void {
  for (const { name } of space) {
    if (known.includes(optionOf(name))) continue;
    throw new UserError(`a training has no parameter \`${name}\``, {
      hint: `Parameters: ${known.join(', ')}.`,
      exitCode: 2,
    });
  }
  const names = space.map(({ name }) => optionOf(name));
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice === undefined) return;
  throw new UserError(`the parameter \`${twice}\` is there twice`, { exitCode: 2 });
}

// The arguments of a training with a setting.
export function argsOf(setting: Setting): string[] {
  return Object.entries(setting).flatMap(([name, value]) => [`--${optionOf(name)}`, String(value)]);
}

// The same of a training of so many steps, whatever the setting says of them.
export function trainingArgs(setting: Setting, steps: number): string[] {
  return argsOf({ ...setting, steps });
}

// The arguments of `bench` for a step of that training on a text of so many different tokens.
export function benchArgsOf(setting: Setting, vocab: number): string[] {
  const shape = Object.entries(setting).filter(([name]) => BENCH.includes(optionOf(name)));
  return [...argsOf(Object.fromEntries(shape)), '--vocab', String(vocab)];
}
