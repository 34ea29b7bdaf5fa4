import { describe, expect, it } from 'vitest';
import { exponent, median, scaled, spreadOf } from '../../ts/report/stats.ts';

describe('median', () => {
  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
    [[7], 7],
    [[10, 9], 9.5],
  ])('of %j it is %d', (values, middle) => {
    expect(median(values)).toBe(middle);
  });

  it('when there is nothing, then it is no number', () => {
    expect(median([])).toBeNaN();
  });

  it('when it has sorted, then the values are as they were', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe('spreadOf', () => {
  it('when values lie apart, then it is the middle, the least and the most', () => {
    expect(spreadOf([5, 1, 2])).toEqual({ median: 2, least: 1, most: 5 });
  });

  it('when scaled, then all three are', () => {
    expect(scaled({ median: 2, least: 1, most: 5 }, 2)).toEqual({
      median: 1,
      least: 0.5,
      most: 2.5,
    });
  });
});

describe('exponent', () => {
  it.each([
    [[1, 10], [2, 20], 1],
    [[16, 3], [32, 12], 2],
    [[64, 5], [128, 40], 3],
    [[1, 7], [4, 7], 0],
  ] as [[number, number], [number, number], number][])(
    'from %j to %j it is %d',
    (from, to, power) => {
      expect(exponent(from, to)).toBeCloseTo(power, 12);
    },
  );
});
