// The file system that the laptop starts with: init, devices, the job, the program and its input.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { errorCode, UserError } from '../support/errors.ts';
import { displayPath } from '../support/paths.ts';
import { type CpioEntry, cpioArchive } from './cpio.ts';

// What the laptop is to do, with paths on the host and inside.
export interface GuestFiles {
  init: string;
  program: string;
  /** The program's path inside. */
  programInside: string;
  /** Path inside -> path on the host, or the bytes themselves. */
  inputs: Readonly<Record<string, string | Uint8Array>>;
  /** Paths inside. */
  outputs: readonly string[];
  commands: readonly (readonly string[])[];
  token: string;
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

// The archive; file data is read here.
export async function initramfs(files: GuestFiles): Promise<Buffer> {
  const inputs = Object.entries(files.inputs).map(async ([inside, input]) => {
    const data = typeof input === 'string' ? await readInput(input) : Buffer.from(input);
    return { kind: 'file', path: inside, data } as const;
  });
  const folders = files.outputs
    .map((output) => path.posix.dirname(output))
    .filter((folder) => folder !== '/');
  return cpioArchive([
    ...FIXED,
    { kind: 'file', path: '/init', data: await readInput(files.init), executable: true },
    { kind: 'file', path: '/job', data: jobFile(files) },
    {
      kind: 'file',
      path: files.programInside,
      data: await readInput(files.program),
      executable: true,
    },
    ...(await Promise.all(inputs)),
    ...folders.map((folder) => ({ kind: 'folder', path: folder }) as const),
  ]);
}

// The words that emu/init.c reads: the token, the commands, the results to send.
export function jobFile(
  files: Pick<GuestFiles, 'token' | 'commands' | 'outputs' | 'programInside'>,
): Buffer {
  const words = ['token', files.token];
  for (const args of files.commands) {
    words.push('run', String(args.length + 1), files.programInside, ...args);
  }
  for (const output of files.outputs) words.push('send', output);
  return encodeJob(words);
}

// A list of words as emu/job.h reads it.
export function encodeJob(words: readonly string[]): Buffer {
  const bad = words.find((word) => word.includes('\0'));
  if (bad !== undefined)
    throw new UserError(`an argument holds a NUL byte: ${JSON.stringify(bad)}`);
  const job = Buffer.from(words.map((word) => `${word}\0`).join(''));
  if (job.length >= MAX_JOB_BYTES || words.length > MAX_JOB_WORDS) {
    throw new UserError('the commands for the emulated laptop are too long', {
      hint: `At most ${MAX_JOB_WORDS} words of ${MAX_JOB_BYTES} bytes in total; use a file instead.`,
    });
  }
  return job;
}

async function readInput(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    throw new UserError(`cannot read ${displayPath(file)}: ${code}`, {
      hint: 'The file is needed inside the emulated laptop.',
    });
  }
}
