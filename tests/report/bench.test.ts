import { describe, expect, it } from 'vitest';
import { parseBench } from '../../ts/report/bench.ts';
import { phaseCount, phasePairs } from '../../ts/report/counts.ts';
import { FORMS, PHASES } from '../../ts/report/scenario.ts';
import { BENCH_LINES } from './samples.ts';

describe('parseBench', () => {
  const { rows, arena } = parseBench(BENCH_LINES);

  it('when lines are recorded, then each is a row, and the last is the arena', () => {
    expect(rows.map(({ name, form }) => `${name} ${form}`)).toEqual([
      'step plain',
      'step fast',
      'ternary_matmul plain',
      'ternary_matmul fast',
      'ternary_matmul fp32',
    ]);
    expect(arena).toBe(123456);
  });

  it('when times are strings, then they are numbers in the row', () => {
    expect(rows[1]).toEqual({
      ...{ group: 'phase', name: 'step', form: 'fast', shape: 'tiny', unit: 'token', units: 128 },
      ...{ repeats: 5, medianUs: 200.25, leastUs: 200.25, mostUs: 999 },
      ...{ macs: 1000, bytes: 6400, crc: '1f1084c0' },
    });
  });

  it.each([
    ['a field is missing', BENCH_LINES.replaceAll('"units":128,', '')],
    ['a time is none', BENCH_LINES.replaceAll(/"median_us":"[^"]*"/g, '"median_us":""')],
    ['the group is unknown', BENCH_LINES.replaceAll(/"group":"\w+"/g, '"group":"x"')],
    ['nothing was printed', ''],
  ])('when %s, then there is no row', (_what, output) => {
    expect(parseBench(output).rows).toEqual([]);
  });

  it('when it was cut off, then there is no arena', () => {
    expect(parseBench(BENCH_LINES.split('\n').slice(0, 3).join('\n')).arena).toBeNull();
  });
});

describe('phaseCount', () => {
  const run = (instructions: number, stdout: string) => ({
    ...{ exitCode: 0, signal: null, maxRssKb: 1, stderr: '', instructions, stdout },
  });
  const count = (output: string, phase = 'step') =>
    phaseCount({
      what: { phase, form: 'plain' },
      long: run(1500, output),
      short: run(1000, output),
    });

  it('when two repeats and one are counted, then a repeat is their difference', () => {
    expect(count(BENCH_LINES)).toMatchObject({ phase: 'step', instructions: 500, units: 128 });
  });

  it('when the phase has no such form, then there is nothing', () => {
    expect(count('{"event":"bench_plan","arena":0}')).toBeUndefined();
  });

  it('when nothing was printed, then that is an error', () => {
    expect(() => count('')).toThrow('bench printed nothing of step in form plain');
  });

  it('when all phases are asked for, then each form of each is a pair of commands', () => {
    const pairs = phasePairs(['--preset', 'tiny']);
    expect(pairs).toHaveLength(PHASES.length * FORMS.length);
    expect(pairs[0]?.long.join(' ')).toBe(
      'bench --json --only step --form fast --repeat 2 --preset tiny',
    );
    expect(pairs[0]?.short.join(' ')).toContain('--repeat 1');
  });
});
