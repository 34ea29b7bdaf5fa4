// The token file of a long text: where it goes, and that it does not stay without need.
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { execPlain } from '../exec.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { onlyLine, programOf, runProgram, small } from './program.ts';

const folder = useTemporaryFolder();
const settings = [...small, '--text', 't.txt', '--text-ram', '1', '--steps', '4'];

// Trains in the folder on a text that is too long for memory; the arguments come last and win.
function train(...args: string[]) {
  writeFileSync(path.join(folder(), 't.txt'), 'the cat sat on the mat. '.repeat(400));
  return runProgram(['train', ...settings, ...args], folder());
}

const isThere = (name: string) => existsSync(path.join(folder(), name));

test('it is kept for a training that goes on, and no longer', async () => {
  await train('--out', 'm.ckpt', '--stop-after', '2');
  expect(isThere('m.ckpt.tokens')).toBe(true);
  await runProgram(['train', '--resume', 'm.ckpt', ...settings.slice(-6, -2)], folder());
  expect(isThere('m.ckpt.tokens')).toBe(false);
});

test('it does not stay where there is no checkpoint to go on with', async () => {
  await train('--out', 'none', '--stop-after', '2');
  expect(readdirSync(folder())).toEqual(['t.txt']);
  expect((await train('--out', 'm.ckpt', '--log', 'none/my.log')).exitCode).toBe(1);
  expect(isThere('m.ckpt.tokens')).toBe(false);
});

test('when the disk is full then it says why, and nothing stays', async () => {
  await train('--stop-after', '1', '--out', 'none');
  const program = await programOf();
  const script = `trap '' XFSZ; ulimit -f 8; exec "$@"`;
  const args = ['-c', script, 'bash', program, 'train', ...settings, '--out', 'm.ckpt'];
  const result = await execPlain('bash', args, { cwd: folder() });
  expect(result.exitCode).toBe(1);
  expect(onlyLine(result)).toMatch(/m\.ckpt\.tokens: File too large/);
  expect(readdirSync(folder())).toEqual(['t.txt']);
});
