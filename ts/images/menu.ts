// Compiles emu/boot/*.c, the one system process of the images, when it or the flags have changed.
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { kept } from '../../scripts/cache.mjs';
import { compileMuslI386 } from '../build/build.ts';
import { sha256Json } from '../support/hash.ts';
import { imagesDir, rootDir } from '../support/paths.ts';

const FOLDER = path.join(rootDir, 'emu/boot');
const FLAGS = [
  ...['-std=c99', '-D_GNU_SOURCE', '-Os', '-s', '-march=pentium2', '-mno-sse'],
  ...['-fno-asynchronous-unwind-tables', '-Wall', '-Wextra', '-Wpedantic', '-Wconversion'],
];

// The path of the compiled menu.
export async function ensureMenu(): Promise<string> {
  const names = (await readdir(FOLDER)).filter((name) => /\.[ch]$/.test(name)).sort();
  const files = names.map((name) => path.join(FOLDER, name));
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  const key = sha256Json({ flags: FLAGS, names, texts });
  const sources = files.filter((file) => file.endsWith('.c'));
  const make = (folder: string) => compileMuslI386(sources, path.join(folder, 'menu'), FLAGS);
  const entry = { name: `menu-${key.slice(0, 12)}`, what: 'the menu of the images', make };
  return path.join(await kept(entry, { roots: [path.join(imagesDir, 'guest')] }), 'menu');
}
