// What a measurement is: the commands that it runs, and what is read of their output.

// Whose numbers they are. Exact ones are counted, not timed, and come out the same everywhere; modelled
// ones are worked out of such counts.
export type Label = 'host' | 'emulated' | 'exact' | 'modelled';

// How long it takes: so little that the tests measure again, minutes, or much longer.
export type Cost = 'instant' | 'minutes' | 'long';

// What was measured, by name; a text where it is a hash, a time in words or lines.
export type Values = Readonly<Record<string, number | string>>;

// One command. OUT stands for a folder of its own that the commands of a measurement share.
export type Step =
  | { by: 'program'; build: string; words: readonly string[] }
  | { by: 'driver'; words: readonly string[] }
  | { by: 'node'; words: readonly string[] };

// What a command printed.
export interface Output {
  stdout: string;
  stderr: string;
}

// A measurement.
export interface Measurement {
  name: string;
  label: Label;
  cost: Cost;
  steps: readonly Step[];
  /** Files that lie in OUT at the start. */
  given?: Readonly<Record<string, string>>;
  /** Builds that its numbers depend on, also where a command builds them by itself. */
  builds?: readonly string[];
  /** Files and folders of the repository that its numbers depend on. */
  files?: readonly string[];
  read: (outputs: readonly Output[], fileOf: (name: string) => string) => Values;
  /** Values that the machine decides, and by which part of it they may differ; others may not. One
   *  number is for all of them. */
  varies?: Readonly<Record<string, number>> | number;
}

const SCRIPTS: Readonly<Record<string, string>> = { 'emu-train': 'emu:train' };

// A command as a person types it.
export function commandText(step: Step): string {
  const words = step.words.map((word) => (/^[\w./,=:@+-]+$/.test(word) ? word : `'${word}'`));
  const [first = '', ...rest] = words;
  switch (step.by) {
    case 'program':
      return ['./legacy_llm', ...words].join(' ');
    case 'driver':
      return [
        `npm run ${SCRIPTS[first] ?? first}`,
        ...(rest.length > 0 ? ['--', ...rest] : []),
      ].join(' ');
    case 'node':
      return ['node', ...words].join(' ');
  }
}

// All commands of a measurement, or the files that it reads where it runs none.
export function sourceText({ steps, files = [] }: Measurement): string {
  return steps.length > 0 ? steps.map(commandText).join('; ') : files.join(', ');
}
