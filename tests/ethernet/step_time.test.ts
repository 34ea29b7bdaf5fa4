// The formula of docs/ranks.md, beside times that were worked out by hand.
import { expect, test } from 'vitest';
import { type StepParts, stepSeconds, wireSeconds } from '../../ts/ethernet/step_time.ts';

// 1,448 bytes in 1,547 with half an acknowledgement: 8 bits of each at 12.376 Mbit/s are 1 MB in 0.691 s.
const link = { bitsPerSecond: 12_376_000, delaySeconds: 0 };
const parts: StepParts = {
  ...{ ranks: 2, layers: 4, free: 1, lastBackward: 0.4, update: 0.2 },
  ...{ sent: 1_448_000, numbers: 800_000, layerNumbers: 100_000, rounds: 10 },
};

test('what no network limits takes as long as without it', () => {
  const none = { ...parts, sent: 0 };
  expect(stepSeconds(none, link)).toBe(1);
});

test('the wire takes the frames of all bytes, and a delay each round', () => {
  expect(wireSeconds(parts, link)).toBeCloseTo(1, 6);
  expect(wireSeconds(parts, { ...link, delaySeconds: 0.01 })).toBeCloseTo(1.1, 6);
});

test('a layer is on its way beside backward of the one before and the step of the one behind', () => {
  // On the wire a layer takes an eighth of a second: 0.1 beside backward, twice 0.125 beside both
  // (0.15), 0.05 beside the last step.
  expect(stepSeconds(parts, link)).toBeCloseTo(2 - 0.1 - 2 * 0.125 - 0.05, 6);
});

test('delays of a layer go beside computation too, and no more than there is of it', () => {
  // A layer has six rounds: 0.125 + 0.06 s, more than the 0.15 of computation.
  const slow = { ...link, delaySeconds: 0.01 };
  expect(stepSeconds(parts, slow)).toBeCloseTo(1 + 1.1 - 0.1 - 2 * 0.15 - 0.05, 6);
});

test('one layer has only its own step beside it', () => {
  const one = { ...parts, layers: 1, layerNumbers: 400_000 };
  expect(stepSeconds(one, link)).toBeCloseTo(2 - 0.2, 6);
});
