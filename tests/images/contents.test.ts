import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { cpioArchive } from '../../ts/guest/cpio.ts';
import { wholeStories } from '../../ts/images/contents.ts';
import { fileSystem, type ImageFile } from '../../ts/images/file_system.ts';
import { exec } from '../../ts/support/exec.ts';
import { useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();

describe('the bundled text of an image', () => {
  const text = Buffer.from('One.\n\nTwo.\nMore.\n\nThree.\n');

  test.each([
    [100, text.toString()],
    [25, text.toString()],
    [24, 'One.\n\nTwo.\nMore.\n'],
    [17, 'One.\n'],
    [6, 'One.\n'],
    [4, ''],
  ])('of at most %i bytes holds whole stories', (bytes, expected) => {
    expect(wholeStories(text, bytes).toString()).toBe(expected);
  });
});

describe('the file system of an image', () => {
  const numbers = Buffer.from(Int16Array.from({ length: 5000 }, (_, i) => (i * 7919) % 613).buffer);
  const files: ImageFile[] = [
    { kind: 'text', path: '/data/text', data: Buffer.from('a story\n'.repeat(100)) },
    { kind: 'code', path: '/init', data: Buffer.from('\x7fELF and so on') },
    { kind: 'numbers', path: '/data/model', data: numbers },
  ];

  test('is one archive for each kind of file, code first; the same bytes each time', async () => {
    const packed = await fileSystem(files, folder());
    expect(packed.equals(await fileSystem(files, folder()))).toBe(true);
    expect(packed.length % 4).toBe(0); // the kernel looks for the next archive at a multiple of 4
    const file = path.join(folder(), 'packed.xz');
    await exec('sh', ['-c', 'cat > "$0"', file], { input: packed });
    await exec('xz', ['--decompress', '--keep', file]);
    const unpacked = await readFile(path.join(folder(), 'packed'));
    const model = { kind: 'file', path: '/data/model', data: numbers, executable: false } as const;
    expect(unpacked.includes(Buffer.from(cpioArchive([model])))).toBe(true);
    const at = ['init', 'data/model', 'data/text'].map((name) => unpacked.indexOf(`${name}\0`));
    expect(at).toEqual([...at].sort((a, b) => a - b));
    expect(at[0]).toBeGreaterThan(unpacked.indexOf('dev/console\0'));
  });
});
