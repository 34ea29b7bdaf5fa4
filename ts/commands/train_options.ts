// The options of a training as the commands of the driver take them.
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  activations,
  norms,
  optimizers,
  qkNorms,
  schemes,
  tokenizers,
} from '../program/checkpoint_layout.ts';
import {
  limits,
  presets,
  type ShapeSettings,
  type TrainSettings,
} from '../program/train_options.ts';
import { decimalUpTo, numberIn, rate } from '../support/arguments.ts';

const share = decimalUpTo(1);

// Adds the options to a command; a shape that is not given is filled in by withDefaults.
export function addTrainOptions(command: Command, defaults: ShapeSettings): Command {
  const count = (name: keyof ShapeSettings, text: string) =>
    command.option(`--${name} <n>`, `${text} (default: ${defaults[name]})`, numberIn(limits[name]));
  const choice = (name: string, text: string, names: readonly string[]) =>
    command.addOption(new Option(`--${name} <name>`, text).choices(names));
  choice('preset', 'a named shape with its settings, instead of the defaults', presets);
  command.option('--seed <n>', 'seed of weights and batches', numberIn(limits.seed), 1);
  count('steps', 'training steps');
  count('layers', 'layers of the model');
  count('heads', 'attention heads');
  count('dim', 'width of the model');
  count('context', 'tokens that the model sees at once');
  count('batch', 'sequences per step');
  command
    .option('--lr <x>', "learning rate (default: the program's own)", rate)
    .option('--embedding-lr <x>', 'learning rate of embeddings', rate)
    .option('--bigram-rows <n>', 'rows of the bigram embedding', numberIn(limits.bigramRows))
    .option('--ngrams <n>', 'tokens of the longest n-gram embedding', numberIn(limits.ngrams))
    .option('--ngram-rows <n>', 'rows for n-grams of 3 tokens', numberIn(limits.ngramRows))
    .option('--ngram-width <n>', 'values of such a row', numberIn(limits.ngramWidth))
    .option('--ngram-dropout <x>', 'share of them that a step leaves out', share)
    .option('--embedding-init <x>', 'deviation of the first embeddings of tokens', share)
    .option(
      '--micro-batch <n>',
      'sequences that go through the layers together',
      numberIn(limits.microBatch),
    )
    .option(
      '--recompute <none|block|n>',
      'layers whose activations are kept at a time; the others are recomputed',
      segment,
    )
    .option('--vocab <n>', 'size of the bpe vocabulary', numberIn(limits.vocab))
    .option('--separator <text>', "what separates documents, such as '\\n\\n'")
    .option('--counts <size|none>', 'memory of the n-grams that are counted beside the model')
    .option('--order <n>', 'tokens of the longest n-grams', numberIn(limits.order));
  choice('tokenizer', 'how text becomes tokens (default: chars)', tokenizers);
  choice('optimizer', "how the matrices learn (default: the program's own)", optimizers);
  choice('scheme', 'which values weights can take', schemes);
  choice('norm', 'how activations are normalised', norms);
  choice('qk-norm', 'how queries and keys are normalised', qkNorms);
  return choice('act', 'activation inside the MLP', activations);
}

// The settings with the defaults of a command for what was not given; a preset brings its own.
export function withDefaults<T extends TrainSettings>(settings: T, defaults: ShapeSettings): T {
  return settings.preset === undefined ? { ...defaults, ...settings } : settings;
}

// How many layers keep their activations at a time: a number, all of them or one.
function segment(text: string): string {
  const [low, most] = limits.layers;
  const layers = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (text === 'none' || text === 'block' || (layers >= low && layers <= most)) return text;
  throw new InvalidArgumentError(
    `It must be a number of layers, at most ${most}, or "none" or "block".`,
  );
}
