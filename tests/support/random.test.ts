import { expect, test } from 'vitest';
import { seededRandom } from '../../ts/support/random.ts';

test('a seed gives its sequence again, another seed another, and all of the range is there', () => {
  const draw = (seed: number) => Array.from({ length: 1000 }, seededRandom(seed));
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
  const tenths = new Set(draw(3).map((x) => Math.floor(x * 10)));
  expect([...tenths].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});
