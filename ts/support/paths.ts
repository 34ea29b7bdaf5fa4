// Where things stand: the checkout, what is built in it, and the cache shared by all checkouts.
import path from 'node:path';
import { cacheDir, rootDir } from '../../scripts/places.mjs';

export { cacheDir, rootDir };

// Everything that is built; git ignores it and `npm run clean` removes it.
export const imagesDir = path.join(rootDir, 'images');

// One folder a target: images/build/<target>/.
export const buildDir = path.join(imagesDir, 'build');

// A path as a person in the checkout would write it: relative inside it, absolute outside.
export function displayPath(file: string, from: string = process.cwd()): string {
  const relative = path.relative(from, file);
  return relative === '' ? '.' : relative.startsWith('..') ? file : relative;
}
