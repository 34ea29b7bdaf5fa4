import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../ts/support/random.ts';
import { expectedImprovement, normalShare } from '../../ts/tune/expected_improvement.ts';
import { GaussianProcess, matern } from '../../ts/tune/gaussian_process.ts';

const line = Array.from({ length: 12 }, (_, index) => [index / 11]);
const wave = ([x = 0]: readonly number[]) => 5 + 2 * Math.sin(4 * x);

describe('matern', () => {
  it('has the values of its formula', () => {
    expect(matern([0.3, 0.7], [0.3, 0.7], [1, 1])).toBe(1);
    // Distance 1: (1 + sqrt(5) + 5 / 3) exp(-sqrt(5)).
    expect(matern([0, 0], [0.2, 0], [0.2, 5])).toBeCloseTo(0.5239941088318203, 12);
    // Distance 5 = (3, 4), with a length for each coordinate.
    expect(matern([0, 0], [3, 2], [1, 0.5])).toBeCloseTo(matern([0], [5], [1]), 12);
  });
});

describe('GaussianProcess', () => {
  it('when values have no noise, then it passes through them, and between them near the curve', () => {
    const process = new GaussianProcess(line, line.map(wave));
    for (const point of line) {
      expect(process.believe(point).mean).toBeCloseTo(wave(point), 2);
      expect(process.believe(point).variance).toBeLessThan(1e-4);
    }
    expect(process.believe([0.41]).mean).toBeCloseTo(wave([0.41]), 1);
  });

  it('when a point is far from all others, then it is as unsure as can be', () => {
    const near = line.slice(0, 4);
    const process = new GaussianProcess(near, near.map(wave));
    const variances = [0.1, 0.4, 0.6, 1].map((x) => process.believe([x]).variance);
    expect(variances).toEqual([...variances].sort((a, b) => a - b));
    expect((variances[3] ?? 0) / (variances[0] ?? 1)).toBeGreaterThan(100);
  });

  it('when values are noisy, then it does not follow each of them', () => {
    const random = seededRandom(1);
    const points = Array.from({ length: 40 }, (_, index) => [index / 39]);
    const noise = points.map(() => random() - 0.5);
    const process = new GaussianProcess(
      points,
      points.map((point, index) => wave(point) + (noise[index] ?? 0)),
    );
    const off = points.map((point) => (process.believe(point).mean - wave(point)) ** 2);
    const mean = (squares: number[]) => squares.reduce((sum, each) => sum + each, 0) / 40;
    expect(mean(off)).toBeLessThan(mean(noise.map((each) => each ** 2)) / 3);
  });

  it('when a coordinate has no influence, then points that differ in it say as much', () => {
    const random = seededRandom(2);
    const points = Array.from({ length: 30 }, () => [random(), random()]);
    const process = new GaussianProcess(points, points.map(wave));
    expect(process.believe([0.5, 0]).mean).toBeCloseTo(wave([0.5]), 1);
    expect(process.believe([0.5, 1]).mean).toBeCloseTo(wave([0.5]), 1);
  });

  it('when all values are the same, then it expects that value', () => {
    const process = new GaussianProcess([[0], [1]], [3, 3]);
    expect(process.believe([0.5]).mean).toBe(3);
  });

  it('when values are shifted and scaled, then beliefs are, too', () => {
    const [one, other] = [1, 1000].map((scale) => {
      const values = line.map((point) => scale * (wave(point) - 5) - 7 * scale);
      return new GaussianProcess(line, values).believe([0.33]);
    });
    expect(other?.mean).toBeCloseTo(1000 * (one?.mean ?? 0), 6);
    expect(other?.variance).toBeCloseTo(1e6 * (one?.variance ?? 0), 6);
  });
});

describe('assume', () => {
  const points = [[0.1], [0.5], [0.6]];
  const process = new GaussianProcess(points, points.map(wave));

  it('when a belief is taken for true, then others are surer the nearer they are, and keep their means', () => {
    const beliefs = [[0.9], [0.85], [0.1], [0.3]].map((point) => process.believe(point));
    const before = beliefs.map(({ variance }) => variance);
    const means = beliefs.map(({ mean }) => mean);
    const [first] = beliefs;
    if (!first) throw new Error('no belief');
    first.assume(beliefs);
    const ratios = beliefs.map(({ variance }, index) => variance / (before[index] ?? 0));
    expect(ratios[0]).toBeLessThan(0.2);
    expect(ratios[1]).toBeLessThan(0.5);
    expect(ratios[3]).toBeGreaterThan(0.7);
    expect(beliefs.map(({ mean }) => mean)).toEqual(means);
  });

  it('when two are taken, then their order does not matter to a third', () => {
    const afterBoth = (order: number[]) => {
      const beliefs = [[0.9], [0.8], [0.7]].map((point) => process.believe(point));
      for (const index of order) {
        beliefs[index]?.assume(beliefs);
      }
      return beliefs[2]?.variance ?? 0;
    };
    expect(afterBoth([0, 1])).toBeCloseTo(afterBoth([1, 0]), 12);
    expect(afterBoth([0, 1])).toBeLessThan(afterBoth([0]));
  });
});

describe('expectedImprovement', () => {
  it('has the values of tables', () => {
    expect(normalShare(0)).toBeCloseTo(0.5, 7);
    expect(normalShare(1.96)).toBeCloseTo(0.9750021, 7);
    expect(normalShare(-5) / 2.866516e-7).toBeCloseTo(1, 5);
    // Of a standard normal value below 0: 1 / sqrt(2 pi).
    expect(expectedImprovement(0, 0, 1)).toBeCloseTo(0.3989423, 7);
    expect(expectedImprovement(5, 3, 4)).toBeCloseTo(2 * 1.0833155, 5);
  });

  it('when nothing is unsure, then it is the difference, or nothing', () => {
    expect(expectedImprovement(3, 1, 0)).toBe(2);
    expect(expectedImprovement(1, 3, 0)).toBe(0);
  });

  it('when a value is worse by far, then it still is more than nothing, and less the worse it is', () => {
    const improvements = [10, 15, 20].map((mean) => expectedImprovement(0, mean, 1));
    expect(improvements[2]).toBeGreaterThan(0);
    expect(improvements).toEqual([...improvements].sort((a, b) => b - a));
  });
});
