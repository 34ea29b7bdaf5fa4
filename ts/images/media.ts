// Writes media that a BIOS boots: a floppy disk with SYSLINUX, and a CD that is a USB stick as well
// with ISOLINUX. The same contents give the same bytes: every date is one fixed day.
import { copyFile, mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../support/errors.ts';
import { exec } from '../support/exec.ts';
import { rootDir } from '../support/paths.ts';
import type { Contents } from './contents.ts';

const DAY = 970_358_400; // 2000-10-01, in seconds
const ENV = { SOURCE_DATE_EPOCH: String(DAY), TZ: 'UTC', MTOOLS_SKIP_CHECK: '1', LC_ALL: 'C' };
const VOLUME = 'LEGACY_LLM';
const SERIAL = '20001001';

// What Debian's syslinux and isolinux bring.
export const BOOT_FILES = {
  isolinux: '/usr/lib/ISOLINUX/isolinux.bin',
  stick: '/usr/lib/ISOLINUX/isohdpfx.bin',
  core: '/usr/lib/syslinux/modules/bios/ldlinux.c32',
};

// What emu/boot/syslinux.cfg calls them.
const KERNEL = 'linux';
const FILES = 'files';

// A FAT with one copy of its table and the smallest root folder, which leaves most room. Gives the
// bytes that are free.
export async function writeFloppy(
  { kernel, files }: Contents,
  output: string,
  work: string,
): Promise<number> {
  const shape = ['-f', '1440', '-d', '1', '-r', '1', '-N', SERIAL, '-v', VOLUME];
  await tool('mformat', ['-C', '-i', output, ...shape, '::']);
  await tool('syslinux', ['--install', output]);
  const config = await readFile(path.join(rootDir, 'emu/boot/syslinux.cfg'));
  for (const [name, data] of Object.entries({
    'syslinux.cfg': config,
    [KERNEL]: kernel,
    [FILES]: files,
  })) {
    const file = path.join(work, name);
    await writeFile(file, data);
    const free = await freeBytes(output);
    if (data.length > free) throw tooLarge(name, data.length - free);
    await tool('mcopy', ['-i', output, file, `::${name}`]);
  }
  return freeBytes(output);
}

async function freeBytes(image: string): Promise<number> {
  const { stdout } = await tool('mdir', ['-i', image, '::']);
  return Number(/([\d ]+) bytes free/.exec(stdout)?.[1]?.replaceAll(' ', ''));
}

function tooLarge(name: string, bytes: number): UserError {
  return new UserError(`the floppy disk is full: ${name} has ${bytes} bytes too many`, {
    hint: 'A smaller model (data/stories.llm), less text (ts/images/rows.ts) or fewer options of the kernel (emu/boot/screen.config) make room.',
  });
}

// A CD that also boots when it is copied to a stick or a disk, byte by byte. It grows as it needs.
export async function writeDisc(
  { kernel, files }: Contents,
  output: string,
  work: string,
): Promise<undefined> {
  const tree = path.join(work, 'tree');
  const boot = path.join(tree, 'isolinux');
  await mkdir(boot, { recursive: true });
  await copyFile(BOOT_FILES.isolinux, path.join(boot, 'isolinux.bin'));
  await copyFile(BOOT_FILES.core, path.join(boot, 'ldlinux.c32'));
  await copyFile(path.join(rootDir, 'emu/boot/syslinux.cfg'), path.join(boot, 'isolinux.cfg'));
  await copyFile(path.join(rootDir, 'emu/boot/readme.txt'), path.join(tree, 'readme.txt'));
  await writeFile(path.join(boot, KERNEL), kernel);
  await writeFile(path.join(boot, FILES), files);
  for (const name of ['isolinux.bin', 'ldlinux.c32', 'isolinux.cfg', KERNEL, FILES]) {
    await utimes(path.join(boot, name), DAY, DAY);
  }
  for (const name of ['readme.txt', 'isolinux', '']) await utimes(path.join(tree, name), DAY, DAY);
  await tool('xorriso', [
    ...['-as', 'mkisofs', '-quiet', '-o', output, '-V', VOLUME, '-r', '-J'],
    ...['-b', 'isolinux/isolinux.bin', '-c', 'isolinux/boot.cat'],
    ...['-no-emul-boot', '-boot-load-size', '4', '-boot-info-table'],
    ...['-isohybrid-mbr', BOOT_FILES.stick, tree],
  ]);
  return undefined;
}

function tool(command: string, args: readonly string[]) {
  return exec(command, args, { env: ENV, what: `${command} ${args[0]}` });
}
