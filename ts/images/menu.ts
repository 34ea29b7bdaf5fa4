// Compiles emu/boot/*.c, the one system process of the images.
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { ensureSystemProcess } from '../guest/init.ts';
import { rootDir } from '../support/paths.ts';

const FOLDER = 'emu/boot';
const FLAGS = [
  ...['-std=c99', '-D_GNU_SOURCE', '-Os', '-s', '-march=pentium2', '-mno-sse'],
  ...['-fno-asynchronous-unwind-tables', '-Wall', '-Wextra', '-Wpedantic', '-Wconversion'],
];

// The path of the compiled menu.
export async function ensureMenu(): Promise<string> {
  const names = (await readdir(path.join(rootDir, FOLDER))).sort();
  const files = names.filter((name) => /\.[ch]$/.test(name)).map((name) => `${FOLDER}/${name}`);
  return ensureSystemProcess({
    name: 'menu',
    what: 'the menu of the images',
    files,
    flags: FLAGS,
  });
}
