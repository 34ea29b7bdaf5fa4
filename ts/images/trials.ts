// Boots the images in computers of that time, as rows of data, and does at their menus what people
// would do there.
import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import { buildTarget } from '../build/build.ts';
import { findTarget, longRunTarget } from '../build/targets.ts';
import { makeDiskImage } from '../laptop/disk_image.ts';
import { exec } from '../support/exec.ts';
import { rootDir } from '../support/paths.ts';
import type { Progress } from '../support/progress.ts';
import { formatSeconds } from '../support/progress.ts';
import { withScratch } from '../support/scratch.ts';
import { startBochs } from './bochs.ts';
import type { Computer, ComputerSetup } from './computer.ts';
import { Conversation } from './conversation.ts';
import type { MadeImage } from './make.ts';
import { startQemu } from './qemu.ts';
import type { ImageName } from './rows.ts';
import {
  type Expected,
  keepOn,
  reachMenu,
  type Script,
  switchOff,
  tellStory,
  testComputer,
  trainHalf,
  trainOn,
  trainQuickly,
  useShell,
  writeAlong,
} from './scripts.ts';
import { startV86 } from './v86.ts';

// A medium beside the image, made for the trial: empty, with a file system.
const media = {
  'fat-floppy': { fileSystem: 'floppy', drive: 'floppy' },
  'fat-stick': { fileSystem: 'fat', drive: 'usb' },
  'ext2-disk': { fileSystem: 'ext2', drive: 'disk' },
} as const;

type Medium = keyof typeof media;

const MEDIUM_BYTES = 16 * 1024 * 1024; // but for a floppy disk

export interface Trial {
  image: ImageName;
  emulator: 'qemu' | 'v86' | 'bochs';
  setup: Omit<ComputerSetup, 'image' | 'other'>;
  medium?: Medium;
  /** What is done in each boot. */
  boots: readonly (readonly Script[])[];
}

const qemu = { emulator: 'qemu' } as const;
const floppy = { ...qemu, image: 'floppy' } as const;
const disc = { ...qemu, image: 'disc' } as const;
const boot = (...scripts: Script[]) => [[...scripts, switchOff]];
const keeping = (disk: string) => [
  [keepOn(disk), trainHalf, switchOff],
  [keepOn(disk), trainOn, switchOff],
];

// The rows, in the order in which they are tried.
export const trials: readonly Trial[] = [
  { ...floppy, setup: { cpu: 'pentium2', ramMb: 8, drive: 'floppy' }, boots: boot(tellStory) },
  { ...floppy, setup: { cpu: 'pentium2', ramMb: 10, drive: 'floppy' }, boots: boot(trainQuickly) },
  {
    ...floppy,
    setup: { cpu: 'pentium2', ramMb: 16, drive: 'floppy' },
    boots: boot(tellStory, trainQuickly),
  },
  {
    ...floppy,
    setup: { cpu: 'pentium3', ramMb: 32, drive: 'floppy' },
    boots: boot(tellStory, writeAlong),
  },
  {
    ...floppy,
    setup: { cpu: 'pentium3', ramMb: 64, drive: 'floppy' },
    boots: boot(tellStory, testComputer),
  },
  {
    ...floppy,
    emulator: 'v86',
    setup: { cpu: 'pentium3', ramMb: 64, drive: 'floppy' },
    boots: boot(tellStory, trainQuickly),
  },
  {
    ...floppy,
    emulator: 'bochs',
    setup: { cpu: 'pentium2', ramMb: 32, drive: 'floppy' },
    boots: boot(tellStory),
  },
  {
    ...disc,
    setup: { cpu: 'pentium2', ramMb: 16, drive: 'cd' },
    boots: boot(tellStory, trainQuickly),
  },
  { ...disc, setup: { cpu: 'pentium2', ramMb: 32, drive: 'cd' }, boots: boot(tellStory, useShell) },
  {
    ...disc,
    setup: { cpu: 'pentium3', ramMb: 64, drive: 'cd' },
    medium: 'fat-floppy',
    boots: keeping('fd0'),
  },
  {
    ...disc,
    setup: { cpu: 'pentium3', ramMb: 64, drive: 'disk' },
    medium: 'fat-stick',
    boots: keeping('sdb'),
  },
  {
    ...disc,
    setup: { cpu: 'pentium3', ramMb: 64, drive: 'usb' },
    medium: 'ext2-disk',
    boots: keeping('sda'),
  },
  {
    ...disc,
    emulator: 'v86',
    setup: { cpu: 'pentium3', ramMb: 64, drive: 'cd' },
    boots: boot(tellStory),
  },
  {
    ...disc,
    emulator: 'bochs',
    setup: { cpu: 'pentium2', ramMb: 32, drive: 'cd' },
    boots: boot(tellStory),
  },
];

// A trial in words: "floppy in QEMU, Pentium II, 8 MB, from a floppy".
export function nameOf({ image, emulator, setup, medium }: Trial): string {
  const where = { qemu: `QEMU, ${setup.cpu}`, bochs: `Bochs, ${setup.cpu}`, v86: 'v86' }[emulator];
  const beside = medium ? `, with a ${medium}` : '';
  return `${image} in ${where}, ${setup.ramMb} MB, as ${setup.drive}${beside}`;
}

// Tries an image; gives what there is to report, a line for each thing that was done.
export function tryImage(trial: Trial, made: MadeImage, progress: Progress): Promise<string[]> {
  return withScratch('trial', async (folder) => {
    const image = path.join(folder, made.image.file);
    await copyFile(made.path, image);
    const other = trial.medium && (await makeMedium(trial.medium, folder));
    const setup = { ...trial.setup, image, ...(other && { other }) };
    const expected = await expectations(progress);
    const lines: string[] = [];
    for (const scripts of trial.boots) {
      lines.push(...(await bootOnce(trial, setup, scripts, expected, folder, progress)));
    }
    return lines;
  });
}

async function bootOnce(
  trial: Trial,
  setup: ComputerSetup,
  scripts: readonly Script[],
  expected: Expected,
  folder: string,
  progress: Progress,
): Promise<string[]> {
  const heard = new Conversation();
  const started = performance.now();
  const computer = await start(trial, setup, heard, folder);
  try {
    const lines: string[] = [];
    progress.update(`${nameOf(trial)}: booting`, nameOf(trial));
    await reachMenu({ computer, heard });
    lines.push(`the menu after ${formatSeconds((performance.now() - started) / 1000)} (host)`);
    for (const script of scripts) {
      progress.update(`${nameOf(trial)}: ${lines.at(-1)}`, nameOf(trial));
      lines.push(await script({ computer, heard }, expected));
    }
    return lines;
  } finally {
    await computer.stop();
  }
}

function start(
  { emulator }: Trial,
  setup: ComputerSetup,
  heard: Conversation,
  folder: string,
): Promise<Computer> {
  const starts = { qemu: startQemu, v86: startV86, bochs: startBochs };
  return starts[emulator](setup, heard, folder);
}

// What the fastest build of this machine says.
async function expectations(progress: Progress): Promise<Expected> {
  const onStep = (name: string, step: string) => progress.update(`building ${name}: ${step}`, name);
  const { program } = await buildTarget(findTarget(longRunTarget), { onStep });
  return {
    story: async (seed) => {
      const args = ['generate', '--seed', String(seed)];
      return (await exec(program, args, { cwd: rootDir, what: 'tell a story' })).stdout;
    },
  };
}

async function makeMedium(
  medium: Medium,
  folder: string,
): Promise<NonNullable<ComputerSetup['other']>> {
  const image = path.join(folder, medium);
  const { fileSystem, drive } = media[medium];
  await makeDiskImage(image, fileSystem, MEDIUM_BYTES);
  return { image, drive };
}
