import { describe, expect, it } from 'vitest';
import { halvingOf } from '../../ts/tune/halving.ts';
import { refusal } from './refusal.ts';

describe('halvingOf', () => {
  it.each<[Record<string, number>, number, number[]]>([
    [{}, 3, [1 / 9, 1 / 3, 1]],
    [{ s: 3 }, 3, [1 / 27, 1 / 9, 1 / 3, 1]],
    [{ s: 1, eta: 4, max_iter: 8 }, 4, [1 / 4, 1]],
    [{ min_iter: 3 }, 3, [3 / 27, 9 / 27, 1]],
    [{ min_iter: 1, max_iter: 8, eta: 2 }, 2, [1 / 8, 2 / 8, 4 / 8, 1]],
    [{ min_iter: 5, max_iter: 20 }, 3, [5 / 20, 15 / 20, 1]],
    [{ max_iter: 9 }, 3, [1 / 9, 1 / 3, 1]],
  ])('%j', (fields, eta, rungs) => {
    expect(halvingOf(fields)).toEqual({ eta, rungs });
  });

  it.each<[Record<string, unknown>, string]>([
    [{ min_iter: 1, s: 2 }, 'min_iter and s both say where trials begin; give only one of them'],
    [{ strict: true }, 'unknown key strict; there are min_iter, max_iter, s, eta'],
    [{ eta: 1 }, 'eta must be a whole number of at least 2, not 1'],
    [{ eta: 2.5 }, 'eta must be a whole number of at least 2, not 2.5'],
    [{ s: 0 }, 's must be a whole number of at least 1, not 0'],
    [{ min_iter: '3' }, 'min_iter must be a whole number of at least 1, not "3"'],
    [{ max_iter: null }, 'max_iter must be a whole number of at least 2, not null'],
    [{ min_iter: 27 }, 'min_iter 27 must be less than max_iter, which is 27'],
    [
      { max_iter: 8 },
      'max_iter 8 divided by eta 3 to the power of s 2 is less than one iteration; give a smaller s or a larger max_iter',
    ],
  ])('%j is refused', (fields, words) => {
    expect(refusal(() => halvingOf(fields))).toBe(`early_terminate: ${words}`);
  });
});
