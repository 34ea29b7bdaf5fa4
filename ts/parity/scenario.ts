// What is run on every build: one training, then an evaluation and a generated text. And what it
// leaves behind as evidence.
import { evalCommand, generateCommand, trainCommand } from '../program/command_lines.ts';
import type { TrainSettings } from '../program/train_options.ts';
import { fileOf, type JobResult } from '../runs/job.ts';

// A training and what is made of it.
export interface Scenario {
  settings: TrainSettings;
  /** Host path of the text, or its bytes. */
  text: string | Uint8Array;
  /** Tokens to generate. */
  tokens: number;
  /** Also trace every tensor of every step: slow, for naming a difference. */
  trace?: boolean;
}

// The names of the evidence, in the order in which a difference would show.
export const evidenceNames = ['trace', 'log', 'checkpoint', 'evaluation', 'story'] as const;
// One of them.
export type EvidenceName = (typeof evidenceNames)[number];
// What a run left behind, by name.
export type Evidence = Partial<Record<EvidenceName, Buffer>>;

// What a training leaves, by the names that its files have in the folder of a run.
export interface FileNames {
  trace: string;
  log: string;
  checkpoint: string;
  story: string;
}

// The name of the text in the folder of a run.
export const TEXT = 'text.txt';

// The names of one training's files; those of another stem lie beside them.
export function filesNamed(stem: string): FileNames {
  const named = (ending: string) => `${stem}.${ending}`;
  return {
    trace: named('trace'),
    log: named('log'),
    checkpoint: named('ckpt'),
    story: named('story'),
  };
}

// Held-out tokens that `eval` judges: a plain C build in an emulator reads a few hundred a second.
const JUDGED = '600';

// The program's command lines, in order: train, eval, generate.
export function commandsOf({ settings, tokens, trace }: Scenario, files: FileNames) {
  const { log, checkpoint, story } = files;
  const train = trainCommand({ text: TEXT, checkpoint, log }, settings);
  return [
    trace ? [...train, '--trace', files.trace] : train,
    evalCommand(checkpoint, TEXT, '--eval-tokens', JUDGED),
    generateCommand(checkpoint, story, tokens, settings.seed),
  ] as const;
}

// The files that these commands leave, by evidence name.
export function evidenceFiles({ trace }: Pick<Scenario, 'trace'>, files: FileNames) {
  const names = [...(trace ? (['trace'] as const) : []), 'log', 'checkpoint', 'story'] as const;
  return names.map((name): [keyof FileNames, string] => [name, files[name]]);
}

// The files that a run brought out, as evidence.
export function evidenceOf(
  result: JobResult,
  files: readonly (readonly [EvidenceName, string])[],
): Evidence {
  return Object.fromEntries(files.map(([name, file]) => [name, fileOf(result, file)]));
}
