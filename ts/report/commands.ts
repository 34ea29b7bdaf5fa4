// The program's command lines of a report.
import { commandsOf, type FileNames, TEXT } from '../parity/scenario.ts';
import { trainCommand } from '../program/command_lines.ts';
import type { TrainSettings } from '../program/train_options.ts';
import type { ReportSettings } from './scenario.ts';

// Starts the program and does next to nothing.
export const STARTUP_COMMAND: readonly string[] = ['methods'];

// One training and one generated text, which leave these files.
export function scenarioCommands(settings: ReportSettings, files: FileNames) {
  const [train, , generate] = commandsOf(settings, files);
  return { train, generate };
}

// The same with half the steps and half the characters.
export function halfOf({ settings, tokens, ...rest }: ReportSettings): ReportSettings {
  const half = (value: number) => Math.max(1, Math.floor(value / 2));
  return {
    ...rest,
    settings: { ...settings, steps: half(settings.steps ?? 1) },
    tokens: half(tokens),
  };
}

// One training of a shape that keeps nothing.
export function shapeCommand(shape: Omit<TrainSettings, 'seed'>): string[] {
  return trainCommand({ text: TEXT }, { ...shape, seed: 1 });
}

// One phase in one form, so many times.
export function benchCommand(phase: string, form: string, repeats: number, shape: string[]) {
  const what = ['--only', phase, '--form', form, '--repeat', String(repeats)];
  return ['bench', '--json', ...what, ...shape];
}
