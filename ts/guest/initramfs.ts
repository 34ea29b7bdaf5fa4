// The file system that the laptop starts with: init, devices, the job, the program and its input. Made
// of bytes, in Node and in a browser; guest_files.ts reads them from files.
import { UserError } from '../../scripts/user_error.mjs';
import { bytesOfText } from '../support/bytes.ts';
import { type CpioEntry, cpioArchive } from './cpio.ts';

// What the laptop is to do, with paths as seen inside.
export interface GuestOrder {
  /** The program's path. */
  programInside: string;
  /** Paths of the files to bring out. */
  outputs: readonly string[];
  commands: readonly (readonly string[])[];
  token: string;
}

// The same with what it takes.
export interface GuestContents extends GuestOrder {
  init: Uint8Array;
  program: Uint8Array;
  /** By path. */
  inputs: Readonly<Record<string, Uint8Array>>;
}

const FIXED: readonly CpioEntry[] = [
  { kind: 'device', path: '/dev/console', major: 5, minor: 1 },
  { kind: 'device', path: '/dev/null', major: 1, minor: 3 },
  { kind: 'device', path: '/dev/zero', major: 1, minor: 5 },
  { kind: 'folder', path: '/proc' },
  { kind: 'folder', path: '/tmp' },
];

// emu/job.h's limits.
const MAX_JOB_BYTES = 8192;
// The most words that a job may have.
export const MAX_JOB_WORDS = 128;

// The archive.
export function initramfs(contents: GuestContents): Uint8Array {
  const { init, program, programInside, inputs, outputs } = contents;
  const folders = outputs.map(folderOf).filter((folder) => folder !== '');
  return cpioArchive([
    ...FIXED,
    { kind: 'file', path: '/init', data: init, executable: true },
    { kind: 'file', path: '/job', data: jobFile(contents) },
    { kind: 'file', path: programInside, data: program, executable: true },
    ...Object.entries(inputs).map(([path, data]) => ({ kind: 'file', path, data }) as const),
    ...folders.map((folder) => ({ kind: 'folder', path: folder }) as const),
  ]);
}

// The folder of a path; '' for the root.
function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

// The words that emu/init.c reads: the token, the commands, the results to send.
export function jobFile({ token, commands, outputs, programInside }: GuestOrder): Uint8Array {
  const words = ['token', token];
  for (const args of commands) words.push('run', String(args.length + 1), programInside, ...args);
  for (const output of outputs) words.push('send', output);
  return encodeJob(words);
}

// A list of words as emu/job.h reads it.
export function encodeJob(words: readonly string[]): Uint8Array {
  const bad = words.find((word) => word.includes('\0'));
  if (bad !== undefined)
    throw new UserError(`an argument holds a NUL byte: ${JSON.stringify(bad)}`);
  const job = bytesOfText(words.map((word) => `${word}\0`).join(''));
  if (job.length >= MAX_JOB_BYTES || words.length > MAX_JOB_WORDS) {
    throw new UserError('the commands for the emulated laptop are too long', {
      hint: `At most ${MAX_JOB_WORDS} words of ${MAX_JOB_BYTES} bytes in total; use a file instead.`,
    });
  }
  return job;
}
