import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { withLock } from '../../ts/support/lock.ts';
import { rootDir } from '../../ts/support/paths.ts';
import { useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();
const at = (name: string) => path.join(folder(), name);

// Reads a number, waits, and writes the next one: two at the same time would lose one.
const count = () =>
  withLock(at('lock'), async () => {
    const number = Number(readFileSync(at('count'), 'utf8'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    writeFileSync(at('count'), String(number + 1));
    return number;
  });

test('work under one lock is done one after the other, and gives its result', async () => {
  writeFileSync(at('count'), '0');
  const numbers = await Promise.all(Array.from({ length: 5 }, count));
  expect(numbers.sort()).toEqual([0, 1, 2, 3, 4]);
  expect(readFileSync(at('count'), 'utf8')).toBe('5');
});

test('work that fails gives the lock back', async () => {
  const failing = withLock(at('lock'), () => Promise.reject(new Error('no')));
  await expect(failing).rejects.toThrow('no');
  expect(await withLock(at('lock'), async () => 1)).toBe(1);
});

test('the lock of a process that was killed is free', async () => {
  const lock = JSON.stringify(path.join(rootDir, 'ts/support/lock.ts'));
  const script = `import { withLock } from ${lock};
    await withLock(${JSON.stringify(at('lock'))}, () => {
      console.log('locked');
      return new Promise(() => setInterval(() => {}, 1000));
    });`;
  writeFileSync(at('script.mts'), script);
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), at('script.mts')]);
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  expect(await withLock(at('lock'), async () => 'free')).toBe('free');
});
