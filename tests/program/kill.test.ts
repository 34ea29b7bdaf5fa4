import { expect, test } from 'vitest';
import { killShape } from '../../ts/commands/kill.ts';
import { killSignals, killTrainings } from '../../ts/robustness/kill.ts';
import { createProgress } from '../../ts/support/progress.ts';
import { stories } from '../stories.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { programOf } from './program.ts';

const folder = useTemporaryFolder();

test('a training that signals end again and again ends in the bits of one that none does', async () => {
  const program = await programOf();
  const said: string[] = [];
  const settings = {
    ...{ program, folder: folder(), shape: killShape, times: 40, seed: 7, steps: 120 },
    text: stories,
  };
  const counts = await killTrainings(
    settings,
    createProgress({ write: (line) => said.push(line) }),
  );
  expect(counts.kills).toBe(40);
  expect(Object.values(counts.bySignal)).toEqual(killSignals.map(() => 10));
  expect(counts.early).toBeLessThan(40);
  expect(counts.saved).toBeGreaterThan(0);
  expect(counts.refused).toBeGreaterThan(0);
  expect(counts.finished).toBeGreaterThan(0);
  expect(said.at(-1)).toMatch(/^ended 40 of 40 times/);
});
