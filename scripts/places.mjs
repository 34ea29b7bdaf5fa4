// Where the checkout and the cache stand. Plain Node, no packages.
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

// The root of the checkout.
export const rootDir = fileURLToPath(new URL('../', import.meta.url)).replace(/[\\/]$/, '');

// The cache of this user, shared by all checkouts.
/** @param {NodeJS.ProcessEnv} [env] */
export function cacheDir(env = process.env) {
  const base = env.XDG_CACHE_HOME;
  const root = base && path.isAbsolute(base) ? base : path.join(homedir(), '.cache');
  return path.join(root, 'legacy-llm');
}

// Where things are kept: in that cache, or in this checkout where it cannot be written.
export function cacheRoots() {
  return [cacheDir(), path.join(rootDir, 'images', 'cache')];
}
