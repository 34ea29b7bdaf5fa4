// Compiles the system processes of emulated machines, when their sources or the compiler's flags have
// changed.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { kept } from '../../scripts/cache.mjs';
import { compileMuslI386 } from '../build/build.ts';
import { sha256Json } from '../support/hash.ts';
import { imagesDir, rootDir } from '../support/paths.ts';

// A program of emu/, as it is compiled for machines.
export interface SystemProcess {
  name: string;
  /** As people call it, for messages. */
  what: string;
  /** Sources and headers, relative to the checkout. */
  files: readonly string[];
  flags: readonly string[];
}

const FLAGS = ['-std=c99', '-O2', '-s', '-march=pentium2', '-mno-sse', '-Wall', '-Wextra'];

const init: SystemProcess = {
  name: 'init',
  what: "the laptop's init",
  files: ['emu/init.c', 'emu/job.h'],
  flags: FLAGS,
};

const shellInit: SystemProcess = {
  name: 'shell',
  what: 'the init of a laptop with a shell',
  files: ['emu/shell.c', 'emu/job.h'],
  flags: FLAGS,
};

// The path of the init that runs a job.
export function ensureInit(): Promise<string> {
  return ensureSystemProcess(init);
}

// The path of the init that runs a shell.
export function ensureShellInit(): Promise<string> {
  return ensureSystemProcess(shellInit);
}

// The path of a compiled program.
export async function ensureSystemProcess(program: SystemProcess): Promise<string> {
  const { name, what, flags } = program;
  const files = program.files.map((file) => path.join(rootDir, file));
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  const key = sha256Json({ flags, files: program.files, texts });
  const sources = files.filter((file) => file.endsWith('.c'));
  const make = (folder: string) => compileMuslI386(sources, path.join(folder, name), flags);
  const entry = { name: `${name}-${key.slice(0, 12)}`, what, make };
  return path.join(await kept(entry, { roots: [path.join(imagesDir, 'guest')] }), name);
}
