// The float32 model that the ternary one is compared with, as a training of its own.
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { sampleText } from '../../ts/stories/text.ts';
import { parseObject } from '../../ts/support/json.ts';
import { rootDir } from '../../ts/support/paths.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { runProgram } from './program.ts';

const folder = useTemporaryFolder();
const text = path.resolve(rootDir, sampleText);
const shape = ['--layers', '1', '--heads', '2', '--dim', '16', '--context', '16', '--batch', '4'];

async function train(...args: string[]) {
  const { exitCode, stdout, stderr } = await runProgram(
    ['baseline', '--text', text, ...shape, '--json', ...args],
    folder(),
  );
  expect([exitCode, stderr]).toEqual([0, '']);
  return stdout.split('\n').map((line): Fields => parseObject(line) ?? {});
}

type Fields = Readonly<Record<string, unknown>>;

const heldOut = (lines: readonly Fields[]) =>
  lines
    .filter(({ event }) => event === 'held_out')
    .map(({ step, loss }) => [Number(step), Number(loss)] as const);

describe('a baseline', () => {
  test('learns, is evaluated as often as asked for and at its end, and repeats', async () => {
    const lines = await train('--steps', '120', '--eval-every', '50', '--lr', '0.01');
    const losses = heldOut(lines);
    expect(losses.map(([step]) => step)).toEqual([50, 100, 120]);
    const [first = 0, , last = 0] = losses.map(([, loss = 0]) => loss);
    expect(first).toBeLessThan(3.1);
    expect(last).toBeLessThan(first - 0.1);
    expect(heldOut(await train('--steps', '120', '--lr', '0.01'))).toEqual([losses[2]]);
    expect(heldOut(await train('--steps', '120', '--lr', '0.01', '--seed', '2'))).not.toEqual([
      losses[2],
    ]);
  });

  test('says what it takes: 16 bytes a parameter and more', async () => {
    const [told] = await train('--steps', '1');
    expect(told?.event).toBe('baseline');
    expect(Number(told?.arena_bytes)).toBeGreaterThan(16 * Number(told?.parameters));
  });

  test.each([
    [['--lr', 'much'], '--lr'],
    [['--optimizer', 'muon'], '--optimizer'],
    [['--text', 'none.txt'], 'none.txt'],
    [['--ram', '64KB'], '--ram allows only'],
  ])('%j is refused in one line', async (args, words) => {
    const { exitCode, stderr } = await runProgram(
      ['baseline', '--text', text, ...shape, ...args],
      folder(),
    );
    expect(exitCode).toBeGreaterThan(0);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain(words);
  });
});
