import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
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

test('readTextIfThere: text, undefined for no file, an error for anything else', async () => {
  const file = path.join(folder(), 'a');
  expect(await readTextIfThere(file)).toBeUndefined();
  expect(await exists(file)).toBe(false);
  await writeFile(file, 'x');
  expect(await readTextIfThere(file)).toBe('x');
  expect(await exists(file)).toBe(true);
  await expect(readTextIfThere(folder())).rejects.toThrow('EISDIR');
});
