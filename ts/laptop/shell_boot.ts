// What a laptop with a shell starts from, made of bytes, in Node and in a browser: the words that
// emu/shell.c reads, and the file system that is unpacked into RAM. contents.ts reads its files.
import { type CpioEntry, cpioArchive } from '../guest/cpio.ts';
import { encodeJob } from '../guest/initramfs.ts';
import type { BootParts } from '../guest/multiboot.ts';

// The paths inside.
export const PROGRAM = '/legacy_llm';
export const SHELL = '/bin/sh';
export const DISK = '/disk';
// The bundled model and its stories, where they stand in the repository, too.
export const BUNDLED = ['/data/stories.llm', '/data/tiny_stories_sample.txt'] as const;
const BUSYBOX = '/bin/busybox';

// How the command meets a person: at the serial line as a terminal, with the line as its input, or not.
export type Console =
  | { kind: 'terminal'; rows: number; columns: number }
  | { kind: 'input' | 'none' };

// What it is told to do.
export interface ShellOrder {
  token: string;
  console: Console;
  command: readonly string[];
  /** The disk in it, as the kernel calls the device and the file system. */
  disk?: { device: string; kind: string } | undefined;
  /** Whether it waits before it looks at its disk, as emu/shell.c says. */
  pause?: boolean | undefined;
}

// The same with what it takes.
export interface ShellParts extends ShellOrder {
  ramBytes: number;
  /** The kernel with drivers for disks, and the command line of laptops. */
  kernel: Uint8Array;
  commandLine: string;
  init: Uint8Array;
  program: Uint8Array;
  busybox: Uint8Array;
  /** What checks its disk, and the libraries of that, path inside -> bytes. */
  checker?: Readonly<Record<string, Uint8Array>>;
  /** Further files, path inside -> bytes. */
  files: Readonly<Record<string, Uint8Array>>;
}

// Names of devices that the kernel has before devtmpfs is mounted.
const FIXED: readonly CpioEntry[] = [
  { kind: 'device', path: '/dev/console', major: 5, minor: 1 },
  { kind: 'device', path: '/dev/null', major: 1, minor: 3 },
  { kind: 'folder', path: '/proc' },
  { kind: 'folder', path: '/tmp' },
  { kind: 'folder', path: DISK },
];

// All of it, put together.
export function shellBoot(parts: ShellParts): BootParts {
  const { kernel, commandLine, ramBytes, init, program, busybox, checker = {}, files } = parts;
  const initramfs = cpioArchive([
    ...FIXED,
    { kind: 'file', path: '/job', data: encodeJob(jobWords(parts)) },
    executable('/init', init),
    executable(PROGRAM, program),
    executable(BUSYBOX, busybox),
    ...Object.entries(checker).map(([path, data]) => executable(path, data)),
    ...Object.entries(files).map(([path, data]) => ({ kind: 'file', path, data }) as const),
  ]);
  return { kernel, initramfs, commandLine: `${commandLine} quiet`, ramBytes, disks: true };
}

// The words that emu/shell.c reads.
function jobWords({ token, console, command, disk, pause }: ShellOrder): string[] {
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

function executable(path: string, data: Uint8Array): CpioEntry {
  return { kind: 'file', path, data, executable: true };
}
