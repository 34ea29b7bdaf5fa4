// The file system that an image starts with: menu, program, model and text, as compressed archives
// one behind the other, which the kernel unpacks into memory. Each is compressed as its kind is best.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type CpioEntry, cpioArchive } from '../guest/cpio.ts';
import { exec } from '../support/exec.ts';

// What a file holds, which decides how it is compressed.
export type Kind = 'code' | 'numbers' | 'text';

export interface ImageFile {
  kind: Kind;
  /** As seen inside. */
  path: string;
  data: Uint8Array;
}

const DEVICES: readonly CpioEntry[] = [
  { kind: 'device', path: '/dev/console', major: 5, minor: 1 },
  { kind: 'device', path: '/dev/null', major: 1, minor: 3 },
  { kind: 'device', path: '/dev/zero', major: 1, minor: 5 },
  { kind: 'device', path: '/dev/tty', major: 5, minor: 0 },
  { kind: 'device', path: '/dev/tty1', major: 4, minor: 1 },
  { kind: 'device', path: '/dev/ttyS0', major: 4, minor: 64 },
  { kind: 'folder', path: '/proc' },
  { kind: 'folder', path: '/tmp' },
];

// The kernel needs the sum to be CRC-32 and a dictionary that is not larger than its memory. Jumps
// of i386 code are made alike; numbers of two bytes are taken as such.
const XZ = ['--threads=1', '--format=xz', '--check=crc32'];
const filters: Readonly<Record<Kind, readonly string[]>> = {
  code: ['--x86', '--lzma2=preset=9e,dict=1MiB'],
  numbers: ['--lzma2=preset=9e,dict=1MiB,lc=0,lp=1,pb=1'],
  text: ['--lzma2=preset=9e,dict=1MiB,pb=0,lc=4'],
};

// The archives of these files; `work` is a folder for the time of the work.
export async function fileSystem(files: readonly ImageFile[], work: string): Promise<Buffer> {
  const archives: Buffer[] = [];
  for (const kind of Object.keys(filters) as Kind[]) {
    const entries = files.filter((file) => file.kind === kind).map(entryOf);
    const fixed = kind === 'code' ? DEVICES : [];
    if (entries.length > 0) archives.push(await compressed(kind, [...fixed, ...entries], work));
  }
  return Buffer.concat(archives);
}

function entryOf({ kind, path, data }: ImageFile): CpioEntry {
  return { kind: 'file', path, data, executable: kind === 'code' };
}

async function compressed(
  kind: Kind,
  entries: readonly CpioEntry[],
  work: string,
): Promise<Buffer> {
  const file = path.join(work, `${kind}.cpio`);
  await writeFile(file, cpioArchive(entries));
  await exec('xz', [...XZ, ...filters[kind], '--force', file], { what: `compress ${kind}` });
  return readFile(`${file}.xz`);
}
