// Floppies and discs that hold a few bytes: their form, their files, their dates.
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect } from 'vitest';
import { writeDisc, writeFloppy } from '../../ts/images/media.ts';
import { exec } from '../../ts/support/exec.ts';
import { testWith } from '../needs.ts';
import { useTemporaryFolder } from '../temporary.ts';

const HOW_TO = 'node scripts/setup.mjs images computers';
const FLOPPY_BYTES = 1_474_560;

const folder = useTemporaryFolder();
const contents = { kernel: Buffer.from('a kernel'), files: Buffer.alloc(1000, 7) };

// A medium made in a folder of its own.
async function written(write: typeof writeFloppy | typeof writeDisc, name: string) {
  const work = path.join(folder(), name);
  await mkdir(work);
  const image = path.join(work, 'image');
  return { image, free: await write(contents, image, work), bytes: readFileSync(image) };
}

describe('a floppy disk', () => {
  testWith(
    ['mformat', 'syslinux'],
    HOW_TO,
    'has its size, its files, one date, and the same bytes each time',
    async () => {
      const { image, free, bytes } = await written(writeFloppy, 'first');
      expect(bytes.length).toBe(FLOPPY_BYTES);
      expect(bytes.readUInt16LE(510)).toBe(0xaa55);
      expect(bytes.toString('latin1', 3, 11)).toBe('SYSLINUX');
      const listing = (await exec('mdir', ['-a', '-i', image, '::'])).stdout;
      const files = listing.split('\n').filter((line) => /\d{4}-\d\d-\d\d/.test(line));
      expect(files.length).toBe(5);
      for (const line of files) expect(line).toContain('2000-10-01');
      const { stdout } = await exec('mtype', ['-i', image, '::linux']);
      expect(stdout).toBe('a kernel');
      expect(free).toBeGreaterThan(1_200_000);
      expect((await written(writeFloppy, 'again')).bytes.equals(bytes)).toBe(true);
    },
  );

  testWith(['mformat', 'syslinux'], HOW_TO, 'that is too small says by how much', async () => {
    const image = path.join(folder(), 'image');
    const large = { kernel: Buffer.alloc(FLOPPY_BYTES), files: Buffer.alloc(1) };
    await expect(writeFloppy(large, image, folder())).rejects.toThrow(
      /^the floppy disk is full: linux has \d+ bytes too many$/,
    );
  });
});

describe('a disc', () => {
  testWith(
    ['xorriso'],
    HOW_TO,
    'is a CD and a disk with a boot sector, and the same bytes each time',
    async () => {
      const { bytes } = await written(writeDisc, 'first');
      expect(bytes.readUInt16LE(510)).toBe(0xaa55);
      expect(bytes.toString('latin1', 32769, 32774)).toBe('CD001');
      expect(bytes.includes('EL TORITO SPECIFICATION')).toBe(true);
      expect(bytes.includes('a kernel')).toBe(true);
      expect((await written(writeDisc, 'again')).bytes.equals(bytes)).toBe(true);
    },
  );
});
