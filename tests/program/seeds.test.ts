// Two seeds, two trainings: other bits, and nearly the same curve of the loss.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { stories } from '../stories.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { runProgram } from './program.ts';

const folder = useTemporaryFolder();
const STEPS = 240;
const WINDOW = 40; // steps that one point of the curve is the mean of

// The loss over windows of steps, from the log.
async function curve(seed: number): Promise<number[]> {
  const log = path.join(folder(), `${seed}.log`);
  const { exitCode } = await runProgram(
    [
      ...['train', '--text', stories],
      ...['--layers', '2', '--heads', '2', '--dim', '32', '--context', '32', '--batch', '8'],
      ...['--steps', String(STEPS), '--seed', String(seed)],
      ...['--log', log, '--out', path.join(folder(), `${seed}.ckpt`)],
    ],
    undefined,
    'host-sse',
  );
  expect(exitCode).toBe(0);
  const lines = readFileSync(log, 'utf8').trim().split('\n');
  const losses = lines.map((line) => Number(JSON.parse(line).loss));
  expect(losses).toHaveLength(STEPS);
  return Array.from({ length: STEPS / WINDOW }, (_, i) => {
    const window = losses.slice(i * WINDOW, (i + 1) * WINDOW);
    return window.reduce((sum, loss) => sum + loss, 0) / WINDOW;
  });
}

test('curves of different seeds differ by little, and both fall', async () => {
  const curves = [await curve(1), await curve(2), await curve(3)];
  const [first = []] = curves;
  for (const other of curves.slice(1)) {
    expect(other).not.toEqual(first);
    for (const [i, loss] of other.entries()) {
      expect(Math.abs(loss - (first[i] ?? Number.NaN))).toBeLessThan(0.1);
    }
  }
  for (const losses of curves) {
    for (const [i, loss] of losses.slice(1).entries()) expect(loss).toBeLessThan(losses[i] ?? 0);
    expect(losses.at(-1)).toBeLessThan(0.75 * (losses[0] ?? 0));
  }
});
