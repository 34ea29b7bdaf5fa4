// What is run on every build: one training, then an evaluation and a generated text. And what it
// leaves behind as evidence.
import { type TrainSettings, trainArgs } from '../training/settings.ts';

export interface Scenario {
  settings: TrainSettings;
  /** Host path of the text. */
  text: string;
  /** Tokens to generate. */
  tokens: number;
  /** Also trace every tensor of every step: slow, for naming a difference. */
  trace?: boolean;
}

// The names of the evidence, in the order in which a difference would show.
export const evidenceNames = ['trace', 'log', 'checkpoint', 'evaluation', 'story'] as const;
export type EvidenceName = (typeof evidenceNames)[number];
export type Evidence = Partial<Record<EvidenceName, Buffer>>;

// Where a run finds and leaves its files.
export interface Places {
  text: string;
  trace: string;
  log: string;
  checkpoint: string;
  story: string;
}

// The places under two folders; "/" joins them in the laptop and here.
export function placesIn(folder: string, text: string): Places {
  const at = (name: string) => `${folder}/${name}`;
  return {
    text,
    trace: at('train.trace'),
    log: at('train.log'),
    checkpoint: at('model.ckpt'),
    story: at('story.txt'),
  };
}

// The files that a scenario leaves, by evidence name; the evaluation is what `eval` prints.
export function filesOf(scenario: Scenario, places: Places): Partial<Record<EvidenceName, string>> {
  const { log, checkpoint, story, trace } = places;
  return { log, checkpoint, story, ...(scenario.trace && { trace }) };
}

// Held-out tokens that `eval` judges: a plain C build in an emulator reads a few hundred a second.
const JUDGED = '2000';

// The program's command lines, in order: train, eval, generate.
export function commandsOf(scenario: Scenario, places: Places): string[][] {
  const { settings, tokens } = scenario;
  const { text, log, checkpoint, story, trace } = places;
  const seed = String(settings.seed);
  return [
    [
      ...['train', '--text', text, '--out', checkpoint, '--log', log, '--json'],
      ...trainArgs(settings),
      ...(scenario.trace ? ['--trace', trace] : []),
    ],
    ['eval', '--model', checkpoint, '--text', text, '--json', '--eval-tokens', JUDGED],
    [
      ...['generate', '--model', checkpoint, '--out', story],
      ...['--tokens', String(tokens), '--temperature', '0.7', '--seed', seed],
    ],
  ];
}
