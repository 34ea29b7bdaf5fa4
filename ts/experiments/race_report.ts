// The race as text.
import { markdownTable } from '../support/markdown.ts';
import { FLOAT32, fastest, type Racer, secondsTo, TERNARY } from './race.ts';
import { mixedLoss, type Report, transformerLoss } from './report.ts';
import type { Run } from './runs.ts';
import type { Row } from './tables.ts';

const MILLION = 1e6;

// The three racers; none where the cycles were not modelled.
export function racersOf(report: Report): Racer[] {
  const { race } = report;
  const rows = report.tables.find(({ name }) => name === 'race')?.rows ?? [];
  if (!race || rows.length === 0) return [];
  const ternary = rows.filter(({ name }) => name === TERNARY);
  const { ternary: step, float32, alone, withCounts, clock } = race;
  const racer = (name: string, row: Row, cycles: number, start: number, mixed: boolean): Racer => {
    const points = row.runs.flatMap((run) => {
      const loss = lossOf(run, report, mixed);
      const seconds = (start + run.steps * cycles) / clock;
      return loss === undefined ? [] : [{ steps: run.steps, seconds, loss }];
    });
    return { name, points };
  };
  const others = rows
    .filter(({ name }) => name.startsWith(FLOAT32))
    .map((row) => racer(`${row.name}, AdamW`, row, float32, alone, false));
  const best = fastest(others, Number(report.options.raceTo));
  return [
    ...ternary.map((row) => racer('ternary with counts', row, step, withCounts, true)),
    ...ternary.map((row) => racer('ternary alone', row, step, alone, false)),
    ...(best ? [best] : []),
  ].filter(({ points }) => points.length > 0);
}

function lossOf(run: Run, { results }: Report, mixed: boolean): number | undefined {
  const held = results.get(run.key)?.held_out;
  if (!held) return undefined;
  const text = mixed ? mixedLoss(held) : transformerLoss(held);
  return text === '' ? undefined : Number(text);
}

// The table of the race.
export function raceText(report: Report): string {
  const racers = racersOf(report);
  const { race, options } = report;
  const [first] = racers;
  if (!race || !first) return 'The race has no result yet; it needs the modelled cycles of a step.';
  const target = Number(options.raceTo);
  const last = racers.at(-1);
  const heads = [
    ...['who', 'million cycles before the first step', 'million cycles a step'],
    ...[`minutes to a loss of ${options.raceTo}`, 'times as fast', 'losses by steps (host)'],
  ];
  const rows = racers.map((racer) => {
    const float32 = racer.name.startsWith(FLOAT32);
    const start = racer === first ? race.withCounts : race.alone;
    const seconds = secondsTo(racer, target);
    const other = last && secondsTo(last, target);
    return [
      racer.name,
      (start / MILLION).toFixed(0),
      ((float32 ? race.float32 : race.ternary) / MILLION).toFixed(0),
      seconds === undefined ? 'not reached' : (seconds / 60).toFixed(1),
      seconds && other ? (other / seconds).toFixed(1) : '',
      racer.points.map(({ steps, loss }) => `${steps}: ${loss.toFixed(4)}`).join(', '),
    ];
  });
  const about = 'Cycles are modelled, with misses, of a Pentium III of 500 MHz (bus 100 MHz).';
  return `${about}\n\n${markdownTable(heads, rows)}`;
}
