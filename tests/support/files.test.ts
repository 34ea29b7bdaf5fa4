import { chmod, lstat, open, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { exec } from '../../ts/support/exec.ts';
import {
  copyFileAtomic,
  exists,
  readTextIfThere,
  replaceFile,
  writeFileAtomic,
} from '../../ts/support/files.ts';
import { useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();

test('writeFileAtomic makes the folder, replaces the content and leaves nothing beside it', async () => {
  const file = path.join(folder(), 'deep', 'file.txt');
  await writeFileAtomic(file, 'old');
  await writeFileAtomic(file, 'new');
  expect(await readFile(file, 'utf8')).toBe('new');
  expect(await readdir(path.dirname(file))).toEqual(['file.txt']);
});

test('copyFileAtomic keeps content and mode', async () => {
  const from = path.join(folder(), 'program');
  const to = path.join(folder(), 'place', 'program');
  await writeFile(from, 'bytes');
  await chmod(from, 0o755);
  await copyFileAtomic(from, to);
  expect(await readFile(to, 'utf8')).toBe('bytes');
  expect((await stat(to)).mode & 0o777).toBe(0o755);
});

test('when the producer fails half way, then the old file stays and no part is left', async () => {
  const file = path.join(folder(), 'file.txt');
  await writeFile(file, 'old');
  const failing = replaceFile(file, async (temporary) => {
    await writeFile(temporary, 'half');
    throw new Error('disk full');
  });
  await expect(failing).rejects.toThrow('disk full');
  expect(await readFile(file, 'utf8')).toBe('old');
  expect(await readdir(folder())).toEqual(['file.txt']);
});

test('a symbolic link stays, and the file that it names is replaced', async () => {
  const [file, link] = [path.join(folder(), 'real.txt'), path.join(folder(), 'link.txt')];
  await writeFile(file, 'old');
  await symlink('real.txt', link);
  await writeFileAtomic(link, 'new');
  expect((await lstat(link)).isSymbolicLink()).toBe(true);
  expect(await readFile(file, 'utf8')).toBe('new');
  expect((await readdir(folder())).sort()).toEqual(['link.txt', 'real.txt']);
});

test('a FIFO and a stream of this process are written to, not replaced', async () => {
  const [pipe, link] = [path.join(folder(), 'pipe'), path.join(folder(), 'link')];
  await exec('mkfifo', [pipe]);
  const [read] = await Promise.all([readFile(pipe, 'utf8'), writeFileAtomic(pipe, 'poured')]);
  expect(read).toBe('poured');
  expect((await lstat(pipe)).isFIFO()).toBe(true);
  await writeFile(path.join(folder(), 'log'), '');
  const handle = await open(path.join(folder(), 'log'), 'a');
  await symlink(`/proc/self/fd/${handle.fd}`, link);
  await writeFileAtomic(link, 'said');
  await handle.close();
  expect((await lstat(link)).isSymbolicLink()).toBe(true);
  expect(await readFile(path.join(folder(), 'log'), 'utf8')).toBe('said');
});

test('a folder is refused', async () => {
  await expect(writeFileAtomic(folder(), 'x')).rejects.toThrow('is a folder');
});

test('readTextIfThere: text, undefined for no file, an error for anything else', async () => {
  const file = path.join(folder(), 'a');
  expect(await readTextIfThere(file)).toBeUndefined();
  expect(await exists(file)).toBe(false);
  await writeFile(file, 'x');
  expect(await readTextIfThere(file)).toBe('x');
  expect(await exists(file)).toBe(true);
  await expect(readTextIfThere(folder())).rejects.toThrow('EISDIR');
});
