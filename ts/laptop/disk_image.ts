// Images of disks that hold one file system and no partitions, for laptops that v86 emulates: made,
// recognised, and used by one at a time.
import { createHash } from 'node:crypto';
import { mkdir, open, realpath, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { writableRoot } from '../../scripts/cache.mjs';
import { tryLock } from '../../scripts/lock.mjs';
import { deepestThere, placeOf } from '../../scripts/output.mjs';
import { cacheRoots } from '../../scripts/places.mjs';
import { GUEST_EPOCH_MS } from '../guest/deterministic.ts';
import { UserError } from '../support/errors.ts';
import { exec } from '../support/exec.ts';
import { replaceFile } from '../support/files.ts';
import { SECTOR } from './disk_file.ts';
import type { Drive } from './protocol.ts';

export type FileSystem = 'ext2' | 'fat' | 'floppy';

// How a file system lies in a laptop.
interface FileSystemRow {
  title: string;
  drive: Drive;
  device: string;
  /** As the kernel calls it. */
  kind: 'ext2' | 'vfat';
  make: (file: string, bytes: number) => Promise<unknown>;
}

export const FLOPPY_BYTES = 1_474_560;
// FAT has no use for less, and what mformat makes of more is no FAT16 any longer.
export const MIN_DISK_BYTES = 1024 * 1024;
export const MAX_DISK_BYTES = 1024 * MIN_DISK_BYTES;

const SERIAL = '20001001';
const UUID = '20001001-0000-4000-8000-000000000000';
const SECONDS = String(GUEST_EPOCH_MS / 1000);
// The same arguments make the same bytes: every date is the guest's first day.
const ENV = {
  SOURCE_DATE_EPOCH: SECONDS,
  E2FSPROGS_FAKE_TIME: SECONDS,
  TZ: 'UTC',
  MTOOLS_SKIP_CHECK: '1',
  LC_ALL: 'C',
};

// The rows.
export const fileSystems: Readonly<Record<FileSystem, FileSystemRow>> = {
  ext2: { title: 'ext2', drive: 'disk', device: '/dev/sda', kind: 'ext2', make: makeExt2 },
  fat: { title: 'FAT', drive: 'disk', device: '/dev/sda', kind: 'vfat', make: makeFat },
  floppy: {
    title: 'FAT on a floppy disk',
    drive: 'floppy',
    device: '/dev/fd0',
    kind: 'vfat',
    make: (file) => diskTool('mformat', ['-i', file, '-f', '1440', '-N', SERIAL, '::']),
  },
};

export const fileSystemNames = Object.keys(fileSystems) as FileSystem[];

function makeExt2(file: string): Promise<unknown> {
  const same = ['-U', UUID, '-E', `hash_seed=${UUID}`];
  return diskTool('mke2fs', ['-q', '-F', '-t', 'ext2', '-m', '0', ...same, file]);
}

function makeFat(file: string, bytes: number): Promise<unknown> {
  const sectors = String(bytes / SECTOR);
  return diskTool('mformat', ['-i', file, '-T', sectors, '-N', SERIAL, '::']);
}

// Runs a program on an image.
export function diskTool(command: string, args: readonly string[]) {
  return exec(command, args, { env: ENV, what: `${command} ${args[0]}` });
}

// Makes an image with an empty file system.
export async function makeDiskImage(
  file: string,
  fileSystem: FileSystem,
  bytes: number,
): Promise<void> {
  const size = fileSystem === 'floppy' ? FLOPPY_BYTES : bytes;
  await replaceFile(file, async (temporary) => {
    await writeFile(temporary, '', { flag: 'wx' });
    await truncate(temporary, size);
    await fileSystems[fileSystem].make(temporary, size);
  });
}

const EXT2_MAGIC_AT = 1080;
const FAT_NAMES_AT = [54, 82];

// The file system of an image; throws a UserError where it holds none that a laptop could use.
export async function fileSystemOf(file: string): Promise<FileSystem> {
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) throw noDisk(file, found ? 'is no file' : 'is not there');
  const head = Buffer.alloc(2048);
  const handle = await open(file);
  try {
    await handle.read(head, 0, head.length, 0);
  } finally {
    await handle.close();
  }
  const { size } = found;
  const isExt2 = head.readUInt16LE(EXT2_MAGIC_AT) === 0xef53;
  const isFat = FAT_NAMES_AT.some((at) => head.toString('latin1', at, at + 3) === 'FAT');
  if (size % SECTOR === 0 && isExt2) return 'ext2';
  if (size % SECTOR === 0 && isFat) return size === FLOPPY_BYTES ? 'floppy' : 'fat';
  throw noDisk(file, 'holds no ext2 or FAT file system');
}

function noDisk(file: string, why: string): UserError {
  return new UserError(`the disk ${file} ${why}`, {
    hint: 'Name an image of one file system without partitions; emu-shell makes one where there is none.',
    exitCode: 2,
  });
}

// Does work on an image that nothing else uses meanwhile. The lock stands in the cache, since an image
// is replaced as a whole.
export async function withDiskLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  const lock = await tryLock(await lockOf(file));
  if (!lock) {
    throw new UserError(`${file} is in use by another emu-shell, emu-put or emu-get`, {
      hint: 'Wait until it has ended, or name another disk.',
    });
  }
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

async function lockOf(file: string): Promise<string> {
  const folder = path.join(await writableRoot(cacheRoots()), 'locks');
  await mkdir(folder, { recursive: true });
  const key = createHash('sha256')
    .update(await realPathOf(file))
    .digest('hex')
    .slice(0, 16);
  return path.join(folder, `disk-${key}.lock`);
}

// The path of an image behind all links. One that is not there yet has the path that it will have.
async function realPathOf(file: string): Promise<string> {
  const place = await placeOf(file);
  const { found, rest } = await deepestThere(place.path, (at) => realpath(at));
  return path.join(found, rest);
}
