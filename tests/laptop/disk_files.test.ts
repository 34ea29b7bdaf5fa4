// Files in and out of images, which stay whole whatever goes wrong.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { getFiles, putFiles } from '../../ts/laptop/disk_files.ts';
import { fileSystemNames, makeDiskImage, withDiskLock } from '../../ts/laptop/disk_image.ts';
import { sha256 } from '../../ts/support/hash.ts';
import { useTemporaryFolder } from '../temporary.ts';

const MB = 1024 * 1024;
const folder = useTemporaryFolder();
const at = (name: string) => path.join(folder(), name);
const noise = (bytes: number) =>
  Buffer.from(Uint8Array.from({ length: bytes }, (_, i) => Math.imul(i, 2654435761) >>> 24));

describe.each(fileSystemNames)('%s', (name) => {
  const disk = async () => {
    await makeDiskImage(at('disk'), name, 2 * MB);
    mkdirSync(at('in'));
    return at('disk');
  };

  test('files come out as they went in, and a later one takes the place of its namesake', async () => {
    const image = await disk();
    const files = ['story one.txt', 'model.ckpt'].map((file) => at(`in/${file}`));
    files.forEach((file, i) => {
      writeFileSync(file, noise(100_000 + i));
    });
    await putFiles(image, files);
    writeFileSync(at('in/model.ckpt'), 'shorter');
    await putFiles(image, [at('in/model.ckpt')]);
    await getFiles(image, ['story one.txt', 'model.ckpt'], at('out'));
    expect(readFileSync(at('out/story one.txt')).equals(noise(100_000))).toBe(true);
    expect(readFileSync(at('out/model.ckpt'), 'utf8')).toBe('shorter');
    expect(readdirSync(folder()).sort()).toEqual(['disk', 'in', 'out']);
  });

  test('a file that is too large leaves the disk as it was', async () => {
    const image = await disk();
    const before = sha256(readFileSync(image));
    writeFileSync(at('in/large'), noise(3 * MB));
    await expect(putFiles(image, [at('in/large')])).rejects.toThrow();
    expect(sha256(readFileSync(image))).toBe(before);
    expect(readdirSync(folder()).sort()).toEqual(['disk', 'in']);
  });

  test('a name that is not there makes nothing', async () => {
    const image = await disk();
    await expect(getFiles(image, ['none'], at('out'))).rejects.toThrow('there is no file none');
    expect(readdirSync(folder()).sort()).toEqual(['disk', 'in']);
  });
});

test('a disk in use and a name that no disk has are refused', async () => {
  await makeDiskImage(at('disk'), 'ext2', 2 * MB);
  writeFileSync(at('file'), 'text');
  await withDiskLock(at('disk'), async () => {
    await expect(putFiles(at('disk'), [at('file')])).rejects.toThrow('is in use by another');
  });
  for (const name of ['a"b', '../x', 'a\nb', '']) {
    await expect(getFiles(at('disk'), [name], at('out'))).rejects.toThrow('can be no name');
  }
});
