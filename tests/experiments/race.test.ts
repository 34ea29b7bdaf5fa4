// The race: its rows, when a racer passes a loss, and what is written of it.
import { describe, expect, test } from 'vitest';
import { FLOAT32, fastest, raceRows, secondsTo, TERNARY } from '../../ts/experiments/race.ts';
import { raceSvg } from '../../ts/experiments/race_picture.ts';
import { racersOf, raceText } from '../../ts/experiments/race_report.ts';
import type { Report } from '../../ts/experiments/report.ts';
import { identity, options, reportOf } from './samples.ts';

const shape = { ...options, steps: 2000 };

test('each model is trained for some budgets of steps, float32 at some rates', () => {
  const rows = raceRows('pow2', 'muon', shape, 1, identity);
  expect(rows.map(({ name }) => name)).toEqual([
    ...[TERNARY, `${FLOAT32} 0.001`, `${FLOAT32} 0.002`, `${FLOAT32} 0.004`],
  ]);
  const steps = (index: number) => rows[index]?.runs.map((run) => run.steps);
  expect(steps(0)).toEqual([5, 25, 50, 100, 200, 400, 1000, 2000]);
  expect(steps(2)).toEqual([100, 200, 400, 1000, 2000]);
  expect(rows[2]?.runs[0]).toMatchObject({ float32: { lr: '0.002' }, scheme: 'float32' });
  expect(rows[2]?.runs[0]?.shapeArgs.join(' ')).toBe(
    '--layers 4 --heads 2 --dim 8 --context 4 --batch 2 --steps 100 --seed 1 --lr 0.002',
  );
  const keys = rows.flatMap(({ runs }) => runs.map(({ key }) => key));
  expect(new Set(keys).size).toBe(8 + 3 * 5);
  const few = raceRows('pow2', 'muon', { ...shape, steps: 4 }, 1, identity);
  expect(few[0]?.runs.map((run) => run.steps)).toEqual([1, 2, 4]);
});

const points = (...pairs: [number, number][]) =>
  pairs.map(([seconds, loss], index) => ({ steps: index + 1, seconds, loss }));

describe('the time to a loss', () => {
  const racer = { name: 'a', points: points([10, 3], [1000, 1]) };

  test.each([
    [3.5, 10],
    [3, 10],
    [2, 100],
    [1, 1000],
    [0.5, undefined],
  ])('%d: %s seconds', (loss, seconds) => {
    const found = secondsTo(racer, loss);
    if (seconds === undefined) expect(found).toBeUndefined();
    else expect(found).toBeCloseTo(seconds, 6);
  });

  test('the fastest is the first to pass it, or where none does the lowest', () => {
    const slow = { name: 'b', points: points([20, 2.5], [2000, 0.5]) };
    expect(fastest([racer, slow], 2.9)?.name).toBe('a');
    expect(fastest([slow, racer], 0.9)?.name).toBe('b');
    expect(fastest([racer, slow], 0.1)?.name).toBe('b');
    expect(fastest([], 1)).toBeUndefined();
  });
});

// Losses fall with the steps; float32 is slower, and slowest at the smallest rate.
function raced(): Report {
  const base = reportOf({ tables: ['race'], steps: 2000, raceTo: '1.88' });
  for (const run of base.tables.flatMap(({ rows }) => rows.flatMap(({ runs }) => runs))) {
    const result = base.results.get(run.key);
    const rate = Number(run.float32?.lr ?? 0);
    const loss = 1.5 + (run.float32 ? 80 - rate * 1e4 : 20) / run.steps;
    const held_out = {
      ...{ tokens: 40, unigram: '3', bigram: '2', loss: loss.toFixed(4) },
      ...(!run.float32 && { transformer: loss.toFixed(4), loss: '1.4000' }),
    };
    if (result) base.results.set(run.key, { ...result, held_out });
  }
  const cycles = { ternary: 1e9, float32: 3e9, alone: 1e9, withCounts: 5e9, clock: 500e6 };
  return { ...base, race: cycles };
}

test('the report tells when each passes the loss, float32 at its best rate', () => {
  const report = raced();
  expect(racersOf(report).map(({ name }) => name)).toEqual([
    ...['ternary with counts', 'ternary alone', 'float32 0.004, AdamW'],
  ]);
  const text = raceText(report);
  expect(text).toContain('| ternary with counts | 5000 | 1000 | 0.3 | ');
  expect(text).toContain('| float32 0.004, AdamW | 1000 | 3000 | ');
  const [counts, , other] = racersOf(report).map((racer) => secondsTo(racer, 1.88));
  expect(counts).toBe((5e9 + 5e9) / 500e6);
  expect(text).toContain(`| ${((other ?? 0) / (counts ?? 1)).toFixed(1)} |`);
  expect(raceSvg(report)).toContain('>ternary with counts</text>');
});

test('without modelled cycles there is no race to tell of', () => {
  const { race, ...report } = raced();
  expect(raceText(report)).toContain('has no result yet');
  expect(raceSvg(report)).toBeUndefined();
});
