import { describe, expect, it } from 'vitest';
import {
  growth,
  netSeconds,
  perGeneratedToken,
  perTrainedToken,
  phasePerToken,
  phaseRatio,
  restPerToken,
  startInstructions,
  timeRatio,
  tokensPerSecond,
} from '../../ts/report/derived.ts';
import { reportData, withRunner } from './samples.ts';

const data = reportData();
const runner = (name: string) => {
  const row = data.runners.find((each) => each.runner === name);
  if (!row) throw new Error(`no runner ${name}`);
  return row;
};

describe('times', () => {
  it('when the start is known, then it is taken off', () => {
    const timed = { startup: [0.5, 0.4, 0.6], train: [2, 3, 1], generate: [0.1] };
    expect(netSeconds(timed, 'train')).toEqual({ median: 1.5, least: 0.5, most: 2.5 });
    expect(netSeconds(timed, 'generate').median).toBe(0);
  });

  it('when a build takes four times as long, then that is its ratio', () => {
    expect(timeRatio(data, runner('p2'), 'train')?.median).toBeCloseTo(4, 10);
    expect(timeRatio(data, runner('host'), 'generate')?.median).toBeCloseTo(1, 10);
    expect(timeRatio(data, runner('p3-laptop'), 'train')).toBeUndefined();
  });
});

describe('instructions', () => {
  it('when two lengths are counted, then the start is no part of a token', () => {
    expect(perTrainedToken(runner('p3-laptop'))).toBe(700_000);
    expect(perGeneratedToken(runner('p2-laptop'))).toBe(2_000_000);
    expect(startInstructions(runner('p3-laptop'))).toBe(500);
  });

  it('when both lengths are the same, then there is no count', () => {
    const { counted } = runner('p3-laptop');
    const same = counted && { ...counted, trainTokens: [128, 128] as [number, number] };
    const [row] = withRunner('p3-laptop', { counted: same }).slice(-1);
    expect(row && perTrainedToken(row)).toBeUndefined();
  });

  it('when a phase has no tokens of its own, then it comes once a step', () => {
    const [step] = data.phases;
    if (!step) throw new Error('no phases');
    const update = { ...step, phase: 'update', unit: 'weight', units: 9, instructions: 1280 };
    const own = { ...data, phases: [{ ...step, units: 128, instructions: 128_000 }, update] };
    expect(phasePerToken(own, 'update', 'fast')).toBe(10);
    expect(phasePerToken(own, 'step', 'fast')).toBe(1000);
    expect(phasePerToken(own, 'step', 'fp32')).toBeUndefined();
    expect(restPerToken(own, 'fast')).toBeUndefined();
  });

  it('when fp32-sse has no form of a phase, then it is that of fp32', () => {
    const phases = data.phases.filter(({ form }) => form !== 'fp32-sse');
    expect(phaseRatio({ ...data, phases }, 'update', 'fp32-sse')).toBe(1);
  });

  it('when a step is more than its parts, then the rest is what is left', () => {
    // 100, 200, 300 and 400 thousand a token.
    expect(restPerToken(data, 'fast')).toBe(100_000 - 200_000 - 300_000 - 400_000);
  });
});

describe('growth', () => {
  it('when work grows with the square, then each size but the first says 2', () => {
    const powers = data.scaling.map((_, index) => growth(data, index));
    expect(powers.slice(0, 5)).toEqual([
      undefined,
      ...[2, 2, 2].map((power) => expect.closeTo(power, 10)),
      undefined,
    ]);
  });
});

describe('modelled cycles', () => {
  it('when cycles and clock are known, then so are tokens a second', () => {
    const work = data.cycles.find(({ target, form }) => target === 'p3' && form === 'fast');
    if (!work) throw new Error('nothing modelled');
    const { core, withMisses } = tokensPerSecond(work);
    expect(core).toBe(500e6 / 1000);
    expect(withMisses).toBeCloseTo(500e6 / 1500, 6);
  });
});
