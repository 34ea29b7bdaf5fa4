// Where things stand: the checkout, what is built in it, and the cache shared by all checkouts.
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

// The root of the checkout.
export const rootDir = fileURLToPath(new URL('../../', import.meta.url)).replace(/[\\/]$/, '');

// Everything that is built; git ignores it and `npm run clean` removes it.
export const imagesDir = path.join(rootDir, 'images');

// One folder a target: images/build/<target>/.
export const buildDir = path.join(imagesDir, 'build');

// Expensive things by content (kernel, sysroot), so that a second checkout need not make them anew.
export function cacheDir(env: NodeJS.ProcessEnv = process.env): string {
  const base = env.XDG_CACHE_HOME;
  const root = base && path.isAbsolute(base) ? base : path.join(homedir(), '.cache');
  return path.join(root, 'legacy-llm');
}

// A path as a person in the checkout would write it: relative inside it, absolute outside.
export function displayPath(file: string, from: string = process.cwd()): string {
  const relative = path.relative(from, file);
  return relative === '' ? '.' : relative.startsWith('..') ? file : relative;
}
