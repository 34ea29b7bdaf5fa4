import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../ts/support/random.ts';
import {
  choiceAt,
  choiceCount,
  coordinatesOf,
  type Distribution,
  neighboursOf,
  valueAtShare,
} from '../../ts/tune/distribution.ts';

const choices = (distribution: Distribution) =>
  Array.from({ length: choiceCount(distribution) }, (_, index) => choiceAt(distribution, index));

const log = { kind: 'log_uniform_values', min: 0.0001, max: 0.1 } as const;
const fifths = { kind: 'q_uniform', min: 0.1, max: 0.9, q: 0.2 } as const;
const names = { kind: 'categorical', values: ['a', 'b', 'c'] } as const;
const numbers = { kind: 'categorical', values: [1, 8, 64] } as const;
const whole = { kind: 'int_uniform', min: 3, max: 6 } as const;

describe('the values of a distribution', () => {
  it('when they are finite, then each has an index', () => {
    expect(choices({ kind: 'constant', value: 'x' })).toEqual(['x']);
    expect(choices(names)).toEqual(['a', 'b', 'c']);
    expect(choices(whole)).toEqual([3, 4, 5, 6]);
    expect(choices({ kind: 'q_log_uniform_values', min: 5, max: 40, q: 10 })).toEqual([
      10, 20, 30, 40,
    ]);
  });

  it('when a step is a decimal fraction, then its multiples have no other digits', () => {
    expect(choices(fifths)).toEqual([0.2, 0.4, 0.6, 0.8]);
    expect(choices({ kind: 'q_uniform', min: 0.1, max: 0.3, q: 0.1 })).toEqual([0.1, 0.2, 0.3]);
  });

  it('when a range has no steps, then there are endlessly many', () => {
    expect(choiceCount(log)).toBe(Number.POSITIVE_INFINITY);
    expect(choiceCount({ kind: 'uniform', min: 0, max: 1 })).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('valueAtShare', () => {
  it('when a range is logarithmic, then half of all draws lie below the geometric mean', () => {
    expect(valueAtShare(log, 0)).toBe(0.0001);
    expect(valueAtShare(log, 0.5)).toBe(0.003162);
    expect(valueAtShare({ ...log, kind: 'uniform' }, 0.5)).toBe(0.05005);
  });

  it('when digits are cut, then the value stays in the range', () => {
    const narrow = { kind: 'uniform', min: 1.00004, max: 1.00006 } as const;
    expect(valueAtShare(narrow, 0.5)).toBe(1.00004);
    expect(valueAtShare({ kind: 'uniform', min: 0.99998, max: 0.99999 }, 0.5)).toBe(0.99999);
  });

  it('when values are whole, then they keep all digits and are equally likely', () => {
    expect(valueAtShare({ kind: 'int_uniform', min: 123_456, max: 123_456 }, 0.9)).toBe(123_456);
    const shares = [0, 0.24, 0.26, 0.49, 0.51, 0.74, 0.76, 0.999999];
    expect(shares.map((share) => valueAtShare(whole, share))).toEqual([3, 3, 4, 4, 5, 5, 6, 6]);
  });

  it('when there are probabilities, then the shares follow them', () => {
    const uneven = { ...names, probabilities: [0.7, 0.2, 0.1] };
    const shares = [0, 0.69, 0.71, 0.89, 0.91, 0.999999];
    expect(shares.map((share) => valueAtShare(uneven, share))).toEqual([
      ...['a', 'a', 'b', 'b', 'c', 'c'],
    ]);
    expect(shares.map((share) => valueAtShare(names, share))).toEqual([
      ...['a', 'c', 'c', 'c', 'c', 'c'],
    ]);
  });

  it('when a range has steps, then all values are multiples within it', () => {
    const random = seededRandom(4);
    const drawn = Array.from({ length: 300 }, () => valueAtShare(fifths, random()));
    expect([...new Set(drawn)].sort()).toEqual([0.2, 0.4, 0.6, 0.8]);
  });

  it('when a range with steps is logarithmic, then low multiples come more often', () => {
    const stepped = { kind: 'q_log_uniform_values', min: 8, max: 512, q: 8 } as const;
    const random = seededRandom(5);
    const drawn = Array.from({ length: 2000 }, () => Number(valueAtShare(stepped, random())));
    const low = drawn.filter((value) => value <= 64).length / drawn.length;
    // log(68 / 8) / log(64), where 68 is what is nearest to 64 and no more to 72.
    expect(low).toBeCloseTo(0.515, 1);
    expect(drawn.every((value) => value % 8 === 0 && value >= 8 && value <= 512)).toBe(true);
  });
});

describe('coordinatesOf', () => {
  it('when it is a range, then the ends are 0 and 1, and the middle is in its own scale', () => {
    expect(coordinatesOf(log, 0.0001)).toEqual([0]);
    expect(coordinatesOf(log, 0.1)).toEqual([1]);
    expect(coordinatesOf(log, 0.003162)[0]).toBeCloseTo(0.5, 4);
    expect(coordinatesOf(whole, 4)).toEqual([1 / 3]);
  });

  it('when values are numbers, then their rank counts, in whatever order they are listed', () => {
    expect(coordinatesOf(numbers, 8)).toEqual([0.5]);
    expect(coordinatesOf({ kind: 'categorical', values: [64, 1, 8] }, 8)).toEqual([0.5]);
  });

  it('when values are names, then each has an axis', () => {
    expect(coordinatesOf(names, 'b')).toEqual([0, 1, 0]);
    expect(coordinatesOf({ kind: 'categorical', values: [true, false] }, false)).toEqual([0, 1]);
  });

  it('when there is one value, then it has no coordinate', () => {
    expect(coordinatesOf({ kind: 'constant', value: 3 }, 3)).toEqual([]);
    expect(coordinatesOf({ kind: 'categorical', values: ['a'] }, 'a')).toEqual([]);
  });
});

describe('neighboursOf', () => {
  const random = seededRandom(6);

  it('when values have an order, then they are the ones beside it', () => {
    expect(neighboursOf(whole, 3, random)).toEqual([4]);
    expect(neighboursOf(whole, 5, random)).toEqual([4, 6]);
    expect(neighboursOf(fifths, 0.6, random)).toEqual([0.4, 0.8]);
    expect(neighboursOf({ kind: 'categorical', values: [64, 1, 8] }, 64, random)).toEqual([8]);
  });

  it('when values have none, then all others are', () => {
    expect(neighboursOf(names, 'b', random)).toEqual(['a', 'c']);
    expect(neighboursOf({ kind: 'constant', value: 'a' }, 'a', random)).toEqual([]);
  });

  it('when a range has no steps, then they are near, and within it at its end', () => {
    const near = Array.from({ length: 50 }, () => neighboursOf(log, 0.1, random))
      .flat()
      .map(Number);
    expect(Math.max(...near)).toBe(0.1);
    // 0.3 of a thousandfold range.
    expect(Math.min(...near)).toBeGreaterThanOrEqual(0.1 / 1000 ** 0.3 - 0.0001);
    expect(new Set(near).size).toBeGreaterThan(50);
  });
});
