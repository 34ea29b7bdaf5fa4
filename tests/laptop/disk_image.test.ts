// Images of disks: made, recognised, used by one at a time.
import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  type FileSystem,
  FLOPPY_BYTES,
  fileSystemNames,
  fileSystemOf,
  makeDiskImage,
  withDiskLock,
} from '../../ts/laptop/disk_image.ts';
import { useTemporaryFolder } from '../temporary.ts';

const MB = 1024 * 1024;
const folder = useTemporaryFolder();
const at = (name: string) => path.join(folder(), name);

describe.each(fileSystemNames)('%s', (name: FileSystem) => {
  test('an image that was made is known again, and has its size', async () => {
    await makeDiskImage(at('disk'), name, 2 * MB);
    expect(await fileSystemOf(at('disk'))).toBe(name);
    expect(statSync(at('disk')).size).toBe(name === 'floppy' ? FLOPPY_BYTES : 2 * MB);
  });

  test('the same image has the same bytes', async () => {
    for (const file of ['one', 'two']) await makeDiskImage(at(file), name, 2 * MB);
    expect(readFileSync(at('one')).equals(readFileSync(at('two')))).toBe(true);
  });
});

test('what is no image of a file system is refused', async () => {
  writeFileSync(at('text'), 'Once upon a time.');
  await expect(fileSystemOf(at('text'))).rejects.toThrow('holds no ext2 or FAT file system');
});

test('an image that is in use is refused, under another name of it, too', async () => {
  writeFileSync(at('disk'), '');
  await withDiskLock(at('disk'), async () => {
    const again = withDiskLock(path.join(folder(), '.', 'disk'), async () => {});
    await expect(again).rejects.toThrow('is in use by another');
    await withDiskLock(at('other'), async () => {});
  });
  await withDiskLock(at('disk'), async () => {});
});

test.each([
  ['in a folder that is a link', 'linked/disk'],
  ['in a folder that is not there yet, behind a link', 'linked/new/folder/disk'],
  ['that a link names', 'link'],
])('a new image %s is in use before and after it is made', async (_, name) => {
  mkdirSync(at('folder'));
  symlinkSync('folder', at('linked'));
  symlinkSync('folder/disk', at('link'));
  const again = () => withDiskLock(at(name), async () => {});
  await withDiskLock(at(name), async () => {
    await expect(again()).rejects.toThrow('is in use by another');
    await makeDiskImage(at(name), 'fat', MB);
    await expect(again()).rejects.toThrow('is in use by another');
  });
});
