// A lock that one process has at a time, and that dies with its owner.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { tryLock, withLock } from '../../scripts/lock.mjs';
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

test('a lock that cannot be is no other process that has it', async () => {
  symlinkSync('/nowhere/lock', at('bad'));
  const work = vi.fn(async () => 1);
  for (const lock of [() => withLock(at('bad'), work), () => tryLock(at('bad'))])
    await expect(lock()).rejects.toThrow(/cannot lock .*bad: .*No such file/);
  expect(work).not.toHaveBeenCalled();
});

test('the lock of a process that was killed is free', async () => {
  const lock = JSON.stringify(path.join(rootDir, 'scripts/lock.mjs'));
  const script = `import { withLock } from ${lock};
    await withLock(${JSON.stringify(at('lock'))}, () => {
      console.log('locked');
      return new Promise(() => setInterval(() => {}, 1000));
    });`;
  writeFileSync(at('script.mjs'), script);
  const child = spawn(process.execPath, [at('script.mjs')]);
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  expect(await withLock(at('lock'), async () => 'free')).toBe('free');
});

test('who waits says so once, and stops waiting when stopped', async () => {
  const events: string[] = [];
  const stop = new AbortController();
  await withLock(at('lock'), async () => {
    const onWait = () => {
      events.push('waits');
      stop.abort(new Error('stopped'));
    };
    const waiting = withLock(at('lock'), async () => events.push('works'), onWait, stop.signal);
    await expect(waiting).rejects.toThrow('stopped');
  });
  expect(events).toEqual(['waits']);
});
