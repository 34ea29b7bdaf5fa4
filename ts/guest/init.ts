// Compiles emu/init.c when it or the compiler's flags have changed.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { kept } from '../../scripts/cache.mjs';
import { compileMuslI386 } from '../build/build.ts';
import { sha256Json } from '../support/hash.ts';
import { imagesDir, rootDir } from '../support/paths.ts';

const SOURCE = path.join(rootDir, 'emu', 'init.c');
const FLAGS = ['-std=c99', '-O2', '-s', '-march=pentium2', '-mno-sse', '-Wall', '-Wextra'];

// The path of the compiled init.
export async function ensureInit(): Promise<string> {
  const key = sha256Json({ flags: FLAGS, source: await readFile(SOURCE, 'utf8') });
  const make = (folder: string) => compileMuslI386([SOURCE], path.join(folder, 'init'), FLAGS);
  const entry = { name: `init-${key.slice(0, 12)}`, what: "the laptop's init", make };
  return path.join(await kept(entry, { roots: [path.join(imagesDir, 'guest')] }), 'init');
}
