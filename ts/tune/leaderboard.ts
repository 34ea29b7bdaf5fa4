// The results of a sweep, best first, as Markdown, CSV and JSON. They follow from the journal alone and
// hold no time of this machine, so they are the same to the byte however the work was shared.
import { csvOf } from '../support/csv.ts';
import { markdownTable } from '../support/markdown.ts';
import { formatBytes } from '../support/progress.ts';
import { quoted } from '../support/shell.ts';
import { importanceOf } from './importance.ts';
import { type Known, type OutcomeLine, outcomesOf } from './journal.ts';
import { optionOf, trainingArgs } from './options.ts';
import { ranking } from './search.ts';
import type { Sweep } from './sweep.ts';

// A trial where it stands: its last outcome.
export interface Place {
  rank: number;
  outcome: OutcomeLine;
}

// All that the files tell.
export interface Leaderboard {
  sweep: Sweep;
  /** Of the text, as a command line names it. */
  text: string;
  /** Clock of the machine in Hz. */
  clock: number;
  places: readonly Place[];
}

const DIGITS = 6;
const SHOWN = 20;
const SECONDS = 3600;

// The trials of a journal, best first, those that failed last.
export function placesOf({ search }: Sweep, known: Known): Place[] {
  const last = new Map<number, OutcomeLine>();
  for (const line of known.outcomes) {
    const before = last.get(line.trial);
    if (!before || before.rung < line.rung) last.set(line.trial, line);
  }
  return ranking(search, outcomesOf(known)).flatMap(({ trial }, index) => {
    const outcome = last.get(trial);
    return outcome ? [{ rank: index + 1, outcome }] : [];
  });
}

// The training of a place, as a command that a person can copy.
export function trainCommandOf({ outcome }: Place, text: string): string {
  const { setting, steps } = outcome;
  const args = ['--text', text, ...trainingArgs(setting, steps)];
  return ['./legacy_llm train', ...args.map(quoted)].join(' ');
}

// Hours of the machine for the whole of a trial, modelled.
export function hoursOf({ steps, cycles_per_step }: OutcomeLine, clock: number) {
  return cycles_per_step === undefined ? undefined : (steps * cycles_per_step) / clock / SECONDS;
}

// leaderboard.json: one object.
export function jsonText({ sweep, text, places, clock }: Leaderboard): string {
  const { name, metric, search } = sweep;
  const trials = places.map((place) => ({
    rank: place.rank,
    ...withoutEvent(place.outcome),
    command: trainCommandOf(place, text),
  }));
  const matters = importanceOf(search.space, finished(places));
  return `${JSON.stringify({ name, metric, clock, trials, matters }, null, 2)}\n`;
}

function withoutEvent({ event, ...rest }: OutcomeLine): Omit<OutcomeLine, 'event'> {
  return rest;
}

// leaderboard.csv: a row for each trial.
export function csvText({ places, clock }: Leaderboard): string {
  return csvOf(
    places.map(({ rank, outcome }) => {
      const { event, setting, measures, value, failed, ...rest } = outcome;
      const parameters = Object.entries(setting).map(([name, each]) => [
        `parameter_${optionOf(name)}`,
        String(each),
      ]);
      const head = { rank, trial: rest.trial, value, failed };
      const hours = hoursOf(outcome, clock)?.toPrecision(DIGITS);
      return { ...head, ...rest, hours, ...measures, ...Object.fromEntries(parameters) };
    }),
  );
}

// Those that went to the end of their budget, or as far as any did.
export function finished(places: readonly Place[]): OutcomeLine[] {
  const good = places.filter(({ outcome }) => outcome.value !== undefined);
  const most = Math.max(0, ...good.map(({ outcome }) => outcome.rung));
  return good.map(({ outcome }) => outcome).filter(({ rung }) => rung === most);
}

// leaderboard.md: the winner as a command, the table, the pictures.
export function markdownText(board: Leaderboard, pictures: readonly Picture[]): string {
  const { sweep, places, text } = board;
  const [best] = places;
  const count = `${places.length} trials by ${sweep.search.method}, seed ${sweep.search.seed}`;
  const winner =
    best?.outcome.value === undefined
      ? 'No trial has a result yet.'
      : `The best ${sweep.metric.name} is ${best.outcome.value}:\n\n    ${trainCommandOf(best, text)}`;
  const parts = [
    `# ${TITLE}${sweep.name}`,
    `${count}. Losses are of the host; RAM is that of its training; hours are modelled, of ${sweep.machine.title}.`,
    winner,
    tableText(board),
    ...pictures.map(({ file, title }) => `![${title}](${file})`),
  ];
  return `${parts.join('\n\n')}\n`;
}

// A picture beside the table.
export interface Picture {
  file: string;
  title: string;
}

// The files of the pictures, in the order in which they are shown.
export const pictureFiles = {
  bytes: 'loss_by_bytes.svg',
  cycles: 'loss_by_cycles.svg',
  parameters: 'parameters.svg',
} as const;

// How leaderboard.md begins.
export const TITLE = 'Sweep: ';

// The table, of which a terminal shows a part.
export function tableText({ sweep, places, clock }: Leaderboard, most = Infinity): string {
  const shown = places.slice(0, most);
  const names = sweep.search.space.map(({ name }) => name);
  const withHours = shown.some(({ outcome }) => outcome.cycles_per_step !== undefined);
  const heads = ['', 'trial', sweep.metric.name, 'steps', 'RAM', ...(withHours ? ['hours'] : [])];
  const rows = shown.map(({ rank, outcome }) => {
    const { trial, value, failed, step, steps, ram_bytes, setting } = outcome;
    const done = step === steps ? String(steps) : `${step} of ${steps}`;
    const hours = hoursOf(outcome, clock)?.toFixed(2) ?? '';
    const ram = ram_bytes === undefined ? '' : formatBytes(ram_bytes);
    const cells = [String(rank), String(trial), String(value ?? failed), done, ram];
    return [
      ...[...cells, ...(withHours ? [hours] : [])],
      ...names.map((name) => String(setting[name] ?? '')),
    ];
  });
  return markdownTable([...heads, ...names], rows);
}

// What a terminal shows at the end.
export function summaryText(board: Leaderboard): string {
  const { places, text, sweep } = board;
  const [best] = places;
  const more = places.length > SHOWN ? [`(${places.length - SHOWN} more)`] : [];
  const train =
    best?.outcome.value === undefined
      ? []
      : ['', `Best ${sweep.metric.name}: ${best.outcome.value}`, trainCommandOf(best, text)];
  return [tableText(board, SHOWN), ...more, ...train].join('\n');
}
