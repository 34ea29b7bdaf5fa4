// A checkpoint every few minutes, without waiting for any: the program runs with a clock that jumps.
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { readCheckpoint } from '../../ts/program/checkpoint.ts';
import { exec } from '../../ts/support/exec.ts';
import { sha256 } from '../../ts/support/hash.ts';
import { rootDir } from '../../ts/support/paths.ts';
import { stories } from '../stories.ts';
import { temporaryFolderOfSuite, useTemporaryFolder } from '../temporary.ts';
import { programOf, small } from './program.ts';

const made = temporaryFolderOfSuite();
const folder = useTemporaryFolder();
const STEPS = 100;

beforeAll(async () => {
  const source = path.join(rootDir, 'tests', 'program', 'clock.c');
  await exec('cc', ['-shared', '-fPIC', '-O1', source, '-o', path.join(made(), 'clock.so')]);
});

// Trains with that clock; the steps at which the checkpoint was written, and its hash at the end.
async function savedSteps(...args: string[]): Promise<{ steps: number[]; hash: string }> {
  const out = path.join(mkdtempSync(path.join(folder(), 'run-')), 'm.ckpt');
  const text = ['--text', stories];
  const all = [...text, ...small, '--steps', String(STEPS), '--keep', '100', '--out', out];
  const env = { LD_PRELOAD: path.join(made(), 'clock.so'), SECONDS_PER_READ: '10' };
  await exec(await programOf(), ['train', ...all, ...args], { env });
  const older = Array.from({ length: 100 }, (_, i) => `${out}.${i + 1}`).filter(existsSync);
  const steps = [out, ...older].map((file) => readCheckpoint(readFileSync(file)).step);
  return { steps: steps.reverse(), hash: sha256(readFileSync(out)) };
}

// The steps between one save and the next, the one at the end aside; all must be alike.
function stride(steps: readonly number[]): number {
  const between = steps.slice(0, -1).map((step, i) => step - (steps[i - 1] ?? 0));
  expect(new Set(between).size, steps.join(' ')).toBe(1);
  return between[0] ?? 0;
}

test('it is written every five minutes, or as many as are given, and no bit changes', async () => {
  const byDefault = await savedSteps();
  expect(byDefault.steps.at(-1)).toBe(STEPS);
  const five = stride(byDefault.steps);
  expect(five).toBeGreaterThan(1);
  expect(await savedSteps('--save-minutes', '5')).toEqual(byDefault);
  const ten = await savedSteps('--save-minutes', '10');
  expect(Math.abs(stride(ten.steps) - 2 * five)).toBeLessThanOrEqual(1);
  const one = await savedSteps('--save-minutes', '1');
  expect(Math.abs(5 * stride(one.steps) - five)).toBeLessThanOrEqual(5);
  // A minute is six looks at the clock, of which a step takes one to three.
  expect(stride(one.steps)).toBeGreaterThanOrEqual(2);
  expect(stride(one.steps)).toBeLessThanOrEqual(6);
  for (const { hash } of [ten, one]) expect(hash).toBe(byDefault.hash);
});

test('with --save-minutes 0 it is written at the end alone, or as --save-every says', async () => {
  const never = ['--save-minutes', '0'];
  expect((await savedSteps(...never)).steps).toEqual([STEPS]);
  expect(stride((await savedSteps(...never, '--save-every', '30')).steps)).toBe(30);
});

test('a save by --save-every counts as one', async () => {
  expect(stride((await savedSteps('--save-every', '2')).steps)).toBe(2);
});
