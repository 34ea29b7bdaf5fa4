// Compiles emu/init.c when it or the compiler's flags have changed.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { compileMuslI386 } from '../build/build.ts';
import { exists, replaceFile } from '../support/files.ts';
import { sha256Json } from '../support/hash.ts';
import { imagesDir, rootDir } from '../support/paths.ts';

const SOURCE = path.join(rootDir, 'emu', 'init.c');
const FLAGS = ['-std=c99', '-O2', '-s', '-march=pentium2', '-mno-sse', '-Wall', '-Wextra'];

// The path of the compiled init.
export async function ensureInit(): Promise<string> {
  const key = sha256Json({ flags: FLAGS, source: await readFile(SOURCE, 'utf8') });
  const init = path.join(imagesDir, 'kernel', `init-${key.slice(0, 12)}`);
  if (await exists(init)) return init;
  await replaceFile(init, (temporary) => compileMuslI386([SOURCE], temporary, FLAGS));
  return init;
}
