// The program's command lines of a report, and where each run leaves its files.

import type { Evidence } from '../parity/scenario.ts';
import { commandsOf, type Places, placesIn } from '../parity/scenario.ts';
import { type TrainSettings, trainArgs } from '../training/settings.ts';
import type { ReportSettings } from './scenario.ts';

export interface ScenarioCommands {
  train: string[];
  generate: string[];
}

// The text and the folder for results, as the laptop sees them.
export const INSIDE = { text: '/in/text.txt', out: '/out' } as const;

// Starts the program and does next to nothing.
export const STARTUP_COMMAND: readonly string[] = ['methods'];

// One training and one generated text in these places.
export function scenarioCommands(settings: ReportSettings, places: Places): ScenarioCommands {
  const [train = [], , generate = []] = commandsOf(settings, places);
  return { train, generate };
}

// The same with half the steps and half the characters, in places of its own.
export function halfOf({ settings, tokens, ...rest }: ReportSettings): ReportSettings {
  const half = (value: number) => Math.max(1, Math.floor(value / 2));
  return {
    ...rest,
    settings: { ...settings, steps: half(settings.steps ?? 1) },
    tokens: half(tokens),
  };
}

// The places of a run whose results lie in that folder.
export function resultPlaces(folder: string, text: string): Places {
  return placesIn(folder, text);
}

// The files that both commands leave, by evidence name.
export function resultFiles({ log, checkpoint, story }: Places): [keyof Evidence, string][] {
  return [
    ['log', log],
    ['checkpoint', checkpoint],
    ['story', story],
  ];
}

// One training of a shape that keeps nothing.
export function shapeCommand(shape: Omit<TrainSettings, 'seed'>): string[] {
  const where = ['--text', INSIDE.text, '--out', 'none', '--json'];
  return ['train', ...where, ...trainArgs({ ...shape, seed: 1 })];
}

// One phase in one form, so many times.
export function benchCommand(phase: string, form: string, repeats: number, shape: string[]) {
  const what = ['--only', phase, '--form', form, '--repeat', String(repeats)];
  return ['bench', '--json', ...what, ...shape];
}
