import { expect, test } from 'vitest';
import { createLimit } from '../../ts/support/limit.ts';

test('never more than the limit at once, all of them in the end, failures free their place', async () => {
  const limit = createLimit(2);
  let running = 0;
  let most = 0;
  const work = (index: number) => async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setTimeout(resolve, 5));
    running -= 1;
    if (index % 3 === 0) throw new Error(`work ${index}`);
    return index;
  };
  const jobs = Array.from({ length: 8 }, (_, index) => limit(work(index)));
  const results = await Promise.allSettled(jobs);
  expect(most).toBe(2);
  expect(results.map((result) => result.status === 'fulfilled')).toEqual([
    ...[false, true, true, false, true, true, false, true],
  ]);
});
