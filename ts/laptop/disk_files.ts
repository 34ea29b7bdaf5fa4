// Files in and out of a disk image, without a boot: by debugfs where it is ext2, by mtools where it is
// FAT. Files go into a copy of the image, which takes its place when all of them have been read back.
import { constants } from 'node:fs';
import { copyFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../support/errors.ts';
import { exec } from '../support/exec.ts';
import { copyFileAtomic, exists, replaceFile } from '../support/files.ts';
import { sha256File } from '../support/hash.ts';
import { withScratch } from '../support/scratch.ts';
import {
  diskTool,
  type FileSystem,
  fileSystemOf,
  fileSystems,
  withDiskLock,
} from './disk_image.ts';

// How files come in and out of the images of a kind; names are paths inside, folders are there.
interface Tool {
  /** Mends a copy that a power cut left, and says whether a copy is whole. */
  mend: (image: string) => Promise<unknown>;
  check: (image: string) => Promise<unknown>;
  put: (image: string, file: string, name: string) => Promise<unknown>;
  /** Makes no file where the image has none of that name. */
  get: (image: string, name: string, file: string) => Promise<unknown>;
}

// e2fsck says by this code that it has mended something.
const MENDED = 1;

const ext2: Tool = {
  mend: (image) =>
    exec('e2fsck', ['-f', '-y', image], { what: 'e2fsck', allowExitCodes: [MENDED] }),
  check: (image) => exec('e2fsck', ['-f', '-n', image], { what: 'e2fsck' }),
  put: async (image, file, name) => {
    await debugfs(['-w'], `rm ${quoted(name)}`, image);
    await debugfs(['-w'], `write ${quoted(file)} ${quoted(name)}`, image);
  },
  get: (image, name, file) => debugfs([], `dump ${quoted(name)} ${quoted(file)}`, image),
};

const fat: Tool = {
  mend: async () => {},
  check: (image) => diskTool('mdir', ['-i', image, '-/', '-b', '::']),
  put: (image, file, name) => diskTool('mcopy', ['-i', image, '-D', 'o', file, `::${name}`]),
  get: async (image, name, file) => {
    await exec('mcopy', ['-i', image, `::${name}`, file], { what: 'mcopy', allowExitCodes: [1] });
  },
};

const tools = { ext2, vfat: fat } as const;

function toolOf(fileSystem: FileSystem): Tool {
  return tools[fileSystems[fileSystem].kind];
}

// It ends well whatever happens; what came of it is looked at.
function debugfs(options: readonly string[], request: string, image: string) {
  return diskTool('debugfs', [...options, '-R', request, image]);
}

function quoted(name: string): string {
  return `"${name}"`;
}

// What FAT and the two tools take as a part of a name.
const PLAIN = /^[^"\\/:*?<>|\p{Cc}]{1,200}$/u;

function checkName(name: string): void {
  const parts = name.split('/');
  if (parts.every((part) => PLAIN.test(part) && part !== '.' && part !== '..')) return;
  throw new UserError(`${JSON.stringify(name)} can be no name on such a disk`, {
    hint: 'Use letters, digits, blanks, dots, dashes and underscores; / between folders.',
    exitCode: 2,
  });
}

// Throws where files cannot go to one folder of a disk under their names, of which FAT takes upper and
// lower case for the same.
export function checkNames(files: readonly string[]): void {
  for (const file of files) checkName(path.basename(file));
  const seen = new Map<string, string>();
  for (const file of files) {
    const name = path.basename(file).toLowerCase();
    const other = seen.get(name);
    if (other !== undefined) {
      throw new UserError(`${other} and ${file} would have one name on the disk`, {
        hint: 'Rename one of them, or put them there one after the other.',
        exitCode: 2,
      });
    }
    seen.set(name, file);
  }
}

// Puts files of this machine into the root folder of an image, under their own names.
export async function putFiles(disk: string, files: readonly string[]): Promise<void> {
  checkNames(files);
  await withDiskLock(disk, async () => {
    const tool = toolOf(await fileSystemOf(disk));
    await replaceFile(disk, (copy) =>
      withScratch('put', async (folder) => {
        await copyFile(disk, copy, constants.COPYFILE_EXCL);
        await tool.mend(copy);
        for (const file of files) await putOne(tool, copy, file, folder);
        await tool.check(copy);
      }),
    );
  });
}

// A copy of the file has a name that every tool takes, and does not change meanwhile.
async function putOne(tool: Tool, image: string, file: string, folder: string): Promise<void> {
  const name = path.basename(file);
  const [source, back] = ['source', 'back'].map((part) => path.join(folder, part)) as [
    string,
    string,
  ];
  await copyFile(file, source);
  await tool.put(image, source, name);
  await rm(back, { force: true });
  await tool.get(image, name, back);
  if (await areSame(source, back)) return;
  throw new UserError(`${file} did not get onto the disk whole; the disk is as it was`, {
    hint: 'Is there room on it? emu-shell shows it: df /disk',
  });
}

async function areSame(one: string, other: string): Promise<boolean> {
  if (!(await exists(other))) return false;
  return (await sha256File(one)) === (await sha256File(other));
}

// Gets files out of an image into a folder of this machine, under their own names.
export async function getFiles(
  disk: string,
  names: readonly string[],
  folder: string,
): Promise<void> {
  for (const name of names) checkName(name);
  await withDiskLock(disk, async () => {
    const tool = toolOf(await fileSystemOf(disk));
    await withScratch('get', async (work) => {
      const got = names.map((_, index) => path.join(work, String(index)));
      for (const [index, name] of names.entries()) {
        const file = got[index] as string;
        await tool.get(disk, name, file);
        if (!(await exists(file))) throw notThere(disk, name);
      }
      for (const [index, name] of names.entries()) {
        await copyFileAtomic(got[index] as string, placeIn(folder, name));
      }
    });
  });
}

// Where a file of that name goes.
export function placeIn(folder: string, name: string): string {
  return path.join(folder, path.basename(name));
}

function notThere(disk: string, name: string): UserError {
  return new UserError(`there is no file ${name} on ${disk}`, {
    hint: 'emu-shell shows what there is: ls /disk',
    exitCode: 2,
  });
}
