// Trainings that are killed: twenty times here, any number with `npm run kill -- --times 200`.
import path from 'node:path';
import { expect, test } from 'vitest';
import { buildTarget } from '../../ts/build/build.ts';
import { findTarget } from '../../ts/build/targets.ts';
import { killShape } from '../../ts/commands/kill.ts';
import { killTrainings } from '../../ts/robustness/kill.ts';
import { rootDir } from '../../ts/support/paths.ts';
import { createProgress } from '../../ts/support/progress.ts';
import { useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();

test('a training that is killed again and again ends in the bits of one that is not', async () => {
  const { program } = await buildTarget(findTarget('host'));
  const said: string[] = [];
  const settings = {
    ...{ program, folder: folder(), shape: killShape, times: 20, seed: 7, steps: 200 },
    text: path.join(rootDir, 'data', 'tiny_stories_sample.txt'),
  };
  const counts = await killTrainings(
    settings,
    createProgress({ write: (line) => said.push(line) }),
  );
  expect(counts.kills).toBe(20);
  expect(counts.early).toBeLessThan(20);
  expect(counts.finished).toBeGreaterThan(0);
  expect(said.at(-1)).toMatch(/^killed 20 of 20 times/);
}, 300_000);
