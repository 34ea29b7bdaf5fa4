// The commands of one training and the files that it leaves, wherever it runs: here, in a laptop, in the
// laptop of the page.
import { generateCommand, trainCommand } from '../program/command_lines.ts';
import type { TrainSettings } from '../program/train_options.ts';

// What the laptop trains where nothing else is asked for: about a minute on one core of a present-day
// host.
export const laptopSettings = {
  steps: 200,
  layers: 2,
  heads: 4,
  dim: 48,
  context: 32,
  batch: 4,
} as const;

const SAMPLE_TOKENS = 160;

// Names of files in the folder where it runs.
export const TEXT = 'text.txt';
export const FILES = { checkpoint: 'model.ckpt', log: 'model.log', sample: 'model.txt' } as const;

// A training, then a sample where its checkpoint is kept; `claim` is what the program is told that it may
// use.
export function trainingCommands(
  settings: TrainSettings,
  keepCheckpoint: boolean,
  claim?: string,
): { commands: string[][]; outputs: string[] } {
  const { checkpoint, log, sample } = FILES;
  const files = { text: TEXT, log, ...(keepCheckpoint && { checkpoint }) };
  const train = [
    ...trainCommand(files, settings),
    ...(claim === undefined ? [] : ['--ram', claim]),
  ];
  const generate = generateCommand(checkpoint, sample, SAMPLE_TOKENS, settings.seed);
  return {
    commands: [train, ...(keepCheckpoint ? [generate] : [])],
    outputs: keepCheckpoint ? Object.values(FILES) : [log],
  };
}
