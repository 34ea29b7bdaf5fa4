// What a laptop with disks starts from: the kernel with drivers for them, and a file system with a shell,
// the program, the bundled model and its stories.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { buildTarget } from '../build/build.ts';
import { findTarget } from '../build/targets.ts';
import type { CpioEntry } from '../guest/cpio.ts';
import { cpioArchive } from '../guest/cpio.ts';
import { ensureShellInit } from '../guest/init.ts';
import { encodeJob } from '../guest/initramfs.ts';
import { diskKernel, ensureKernel, kernelCommandLine } from '../guest/kernel.ts';
import type { Machine } from '../guest/machines.ts';
import type { BootParts } from '../guest/multiboot.ts';
import { ensureStaticProgram } from '../guest/static_program.ts';
import { rootDir } from '../support/paths.ts';
import type { Progress } from '../support/progress.ts';
import type { FileSystem } from './disk_image.ts';
import { fileSystems } from './disk_image.ts';

// The paths inside.
export const PROGRAM = '/legacy_llm';
export const SHELL = '/bin/sh';
export const DISK = '/disk';

// How the command meets a person: at the serial line as a terminal, with the line as its input, or not.
export type Console =
  | { kind: 'terminal'; rows: number; columns: number }
  | { kind: 'input' | 'none' };

// What is to be booted.
export interface LaptopContents {
  machine: Machine;
  token: string;
  console: Console;
  command: readonly string[];
  fileSystem?: FileSystem | undefined;
  /** Further files, path inside -> bytes. */
  files?: Readonly<Record<string, Uint8Array>>;
  /** Whether it waits before it looks at its disk, as emu/shell.c says. */
  pause?: boolean;
  /** Whether the bundled model and its stories are there, which take RAM. */
  bundled: boolean;
}

const BUNDLED = ['data/stories.llm', 'data/tiny_stories_sample.txt'];
const HINT = 'apt-get must reach a Debian mirror once; what it brings is kept.';

// Names of devices that the kernel has before devtmpfs is mounted.
const FIXED: readonly CpioEntry[] = [
  { kind: 'device', path: '/dev/console', major: 5, minor: 1 },
  { kind: 'device', path: '/dev/null', major: 1, minor: 3 },
  { kind: 'folder', path: '/proc' },
  { kind: 'folder', path: '/tmp' },
  { kind: 'folder', path: DISK },
];

// Builds and fetches all of it, and puts it together.
export async function laptopContents(
  contents: LaptopContents,
  progress: Progress,
): Promise<BootParts> {
  const { machine } = contents;
  const onPhase = (phase: string) => progress.update(phase, phase.replace(/ \d+ of.*/, ''));
  const kernel = await readFile(await ensureKernel({ kernel: diskKernel, onPhase }));
  const initramfs = cpioArchive([
    ...FIXED,
    { kind: 'file', path: '/job', data: encodeJob(jobWords(contents)) },
    ...(await programs(contents, progress)),
    ...(contents.bundled ? await Promise.all(BUNDLED.map(bundledFile)) : []),
    ...Object.entries(contents.files ?? {}).map(
      ([inside, data]) => ({ kind: 'file', path: inside, data }) as const,
    ),
  ]);
  return {
    kernel,
    initramfs,
    commandLine: [...kernelCommandLine, 'quiet'].join(' '),
    ramBytes: machine.ramMb * 1024 * 1024,
    disks: true,
  };
}

// The words that emu/shell.c reads.
export function jobWords({ token, console, command, fileSystem, pause }: LaptopContents): string[] {
  const disk = fileSystem && fileSystems[fileSystem];
  return [
    ...['token', token],
    ...(disk ? ['disk', disk.device, disk.kind] : []),
    ...(console.kind === 'terminal'
      ? ['terminal', String(console.rows), String(console.columns)]
      : []),
    ...(console.kind === 'input' ? ['input'] : []),
    ...(pause ? ['pause'] : []),
    ...['run', String(command.length), ...command],
  ];
}

async function programs(
  { machine, fileSystem }: LaptopContents,
  progress: Progress,
): Promise<CpioEntry[]> {
  const onStep = (target: string, step: string) =>
    progress.update(`building ${target}: ${step}`, target);
  const fetch = { log: (line: string) => progress.line(line), hint: HINT };
  const { program } = await buildTarget(findTarget(machine.build), { onStep });
  const busybox = await ensureStaticProgram('busybox', fetch);
  const isExt2 = fileSystem !== undefined && fileSystems[fileSystem].kind === 'ext2';
  const e2fsck = isExt2 ? await ensureStaticProgram('e2fsck', fetch) : undefined;
  return Promise.all([
    executable('/init', await ensureShellInit()),
    executable(PROGRAM, program),
    executable('/bin/busybox', busybox),
    ...(e2fsck === undefined ? [] : [executable('/bin/e2fsck', e2fsck)]),
  ]);
}

async function executable(inside: string, file: string): Promise<CpioEntry> {
  return { kind: 'file', path: inside, data: await readFile(file), executable: true };
}

async function bundledFile(name: string): Promise<CpioEntry> {
  return { kind: 'file', path: `/${name}`, data: await readFile(path.join(rootDir, name)) };
}
