// make, for whoever needs what it builds: one call at a time, since two that compile into one folder
// would read each other's half-written objects.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { onPath } from '../../scripts/requirements.mjs';
import { imagesDir } from '../support/paths.ts';

const LOCK = path.join(imagesDir, 'make.lock');

// The command line of a call that waits for the others; without flock, which only some systems have,
// it waits for nobody.
export function makeCommand(...args: string[]): [command: string, args: string[]] {
  if (!onPath('flock')) return ['make', args];
  mkdirSync(imagesDir, { recursive: true });
  return ['flock', [LOCK, 'make', ...args]];
}
