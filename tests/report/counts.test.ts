import { describe, expect, it } from 'vitest';
import { phaseCount, phasePairs } from '../../ts/report/counts.ts';
import { FORMS, PHASES } from '../../ts/report/scenario.ts';
import { BENCH_LINES } from './samples.ts';

describe('phaseCount', () => {
  const run = (instructions: number, stdout: string) => ({
    ...{ exitCode: 0, signal: null, maxRssKb: 1, stderr: '', instructions, stdout, seconds: 1 },
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
