// `npm run emu:shell`: a console on an emulated laptop, with a disk that stays.
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { checkOutputs } from '../../scripts/output.mjs';
import { findLaptop } from '../guest/machines.ts';
import {
  type FileSystem,
  FLOPPY_BYTES,
  fileSystemNames,
  fileSystemOf,
  MAX_DISK_BYTES,
  MIN_DISK_BYTES,
  makeDiskImage,
  withDiskLock,
} from '../laptop/disk_image.ts';
import { type SessionSettings, sitAtLaptop } from '../laptop/session.ts';
import { isSnapshot } from '../laptop/snapshot.ts';
import { wholeNumber } from '../support/arguments.ts';
import { QuietEnd, UserError } from '../support/errors.ts';
import { exists } from '../support/files.ts';
import { createProgress } from '../support/progress.ts';
import { type Group, provide } from '../support/setup.ts';

interface ShellOptions {
  machine?: string;
  ram?: number;
  disk?: string;
  diskSize?: number;
  fileSystem?: FileSystem;
  load?: string;
  save?: string;
  jit: 'on' | 'off';
}

const DISK_BYTES = 16 * 1024 * 1024;

// Adds the command to the program.
export function registerEmuShell(program: Command): void {
  program
    .command('emu-shell')
    .description(
      'a console on an emulated laptop: type, or hand it commands in a pipe\n' +
        '(at a terminal Ctrl-] leaves it; its disk is at /disk)',
    )
    .option('--machine <name>', 'the laptop, a row of emu/machines.json (default: the first)')
    .option('--ram <mb>', 'RAM of the laptop in MB, instead of what its row says', wholeNumber)
    .option('--disk <file>', 'image of the disk in it, made where there is none')
    .option('--disk-size <size>', 'size of a disk that is made, such as 16MB', diskSize)
    .addOption(
      new Option(
        '--file-system <kind>',
        'file system of a disk that is made; a floppy has FAT (default: ext2)',
      ).choices(fileSystemNames),
    )
    .option('--save <file>', 'write a snapshot of the laptop when it is left')
    .option('--load <file>', 'go on with a snapshot instead of booting')
    .addOption(
      new Option('--jit <state>', 'whether v86 translates code before it runs it')
        .choices(['on', 'off'])
        .default('on'),
    )
    .action(emuShell);
}

function diskSize(text: string): number {
  const megabytes = Number(/^([1-9]\d{0,3})MB$/.exec(text)?.[1]);
  const bytes = megabytes * 1024 * 1024;
  if (bytes >= MIN_DISK_BYTES && bytes <= MAX_DISK_BYTES) return bytes;
  throw new InvalidArgumentError('Give a size from 1MB to 1024MB.');
}

async function emuShell(options: ShellOptions): Promise<void> {
  const { disk, load, save } = options;
  const machine = findLaptop(options.machine, options.ram);
  await checkOptions(options);
  await provide(groupsOf(options, disk === undefined || (await exists(disk))));
  const progress = createProgress();
  const settings = { machine, load, save, jit: options.jit === 'on' };
  const seat = { input: process.stdin, output: process.stdout, errors: process.stderr };
  const sit = async (there?: SessionSettings['disk']) => {
    const code = await sitAtLaptop({ ...settings, disk: there }, seat, progress);
    if (code !== 0) throw new QuietEnd(code);
  };
  try {
    if (disk === undefined) await sit();
    else
      await withDiskLock(disk, async () => sit({ file: disk, fileSystem: await insert(options) }));
  } finally {
    progress.clear();
  }
}

async function checkOptions({ disk, load, save, ...options }: ShellOptions): Promise<void> {
  const isNew = disk !== undefined && !(await exists(disk));
  const aboutDisk = options.diskSize !== undefined || options.fileSystem !== undefined;
  if (aboutDisk && disk === undefined) throw wrong('--disk-size and --file-system need --disk');
  if (options.diskSize !== undefined && options.fileSystem === 'floppy') {
    throw wrong(`--disk-size: a floppy disk has ${FLOPPY_BYTES} bytes`);
  }
  if (options.diskSize !== undefined && !isNew) throw wrong(`${disk} is there and keeps its size`);
  if (load !== undefined && isNew)
    throw wrong(`--load needs the disk of the snapshot, not a new one`);
  if (load !== undefined && !(await exists(load))) throw wrong(`there is no snapshot ${load}`);
  const snapshot = { option: '--save', isOurs: isSnapshot };
  const outputs = [
    ...(isNew ? [{ path: disk, option: '--disk' }] : []),
    ...(save === undefined ? [] : [{ ...snapshot, path: save }]),
  ];
  await checkOutputs(
    outputs,
    disk === undefined || isNew ? [] : [{ path: disk, option: '--disk' }],
  );
  if (disk !== undefined && !isNew) await checkDisk(disk, options.fileSystem);
}

async function checkDisk(disk: string, wanted: FileSystem | undefined): Promise<void> {
  await access(disk, constants.R_OK | constants.W_OK);
  const there = await fileSystemOf(disk);
  if (wanted !== undefined && wanted !== there) throw wrong(`${disk} is ${there}, not ${wanted}`);
}

function wrong(what: string): UserError {
  return new UserError(what, { exitCode: 2, hint: 'See npm run emu:shell -- --help.' });
}

// What the options need; `hasDisk`: none has to be made.
export function groupsOf({ load }: ShellOptions, hasDisk: boolean): Group[] {
  const booted: Group[] = load === undefined ? ['i386', 'kernel'] : [];
  return [...booted, ...(hasDisk ? [] : (['disks'] as const))];
}

// The disk in the laptop, made where there is none.
async function insert({ disk = '', diskSize, fileSystem }: ShellOptions): Promise<FileSystem> {
  if (!(await exists(disk))) {
    await makeDiskImage(disk, fileSystem ?? 'ext2', diskSize ?? DISK_BYTES);
  }
  return fileSystemOf(disk);
}
