// The C library of the i386 builds: Debian's musl for i386, fetched once without root and without
// telling the system about a foreign architecture, and kept in the cache.
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { kept } from '../../scripts/cache.mjs';
import { cacheRoots } from '../../scripts/places.mjs';
import { UserError } from '../support/errors.ts';
import { exists, readTextIfThere } from '../support/files.ts';
import { interruptSignal } from '../support/interrupt.ts';
import { unpackI386Package } from './i386_package.ts';

export interface Sysroot {
  include: string;
  lib: string;
  /** "musl 1.2.3-1" */
  version: string;
}

// Where it may be kept, and what else decides which it is; tests have their own.
export interface SysrootPlaces {
  /** Caches, the best first. */
  roots: readonly string[];
  env: NodeJS.ProcessEnv;
}

const PACKAGE = 'musl-dev';
const NAME = 'musl-i386';
const VERSION_FILE = 'VERSION';
const WITHOUT_APT =
  'Without apt: point LEGACY_LLM_MUSL at a folder with include/ and lib/ of musl for i386.';

let ensured: Promise<Sysroot> | undefined;

// The sysroot of this machine; asked for several times at once, it is provided once.
export function ensureSysroot(log: (line: string) => void = () => {}): Promise<Sysroot> {
  const places = { roots: cacheRoots(), env: process.env };
  ensured ??= provideSysroot(places, log).catch((error: unknown) => {
    ensured = undefined;
    throw error;
  });
  return ensured;
}

// The sysroot, fetched when no cache has it whole.
export async function provideSysroot(
  { roots, env }: SysrootPlaces,
  log: (line: string) => void = () => {},
): Promise<Sysroot> {
  if (env.LEGACY_LLM_MUSL) return ownSysroot(env.LEGACY_LLM_MUSL);
  const name = (await newestName(roots)) ?? NAME;
  const make = async (folder: string) => {
    log('fetching musl for i386 with apt-get (0.6 MB and a package list)');
    await fetchSysroot(folder);
  };
  const entry = { name, what: 'musl for i386', make, isWhole };
  const folder = await kept(entry, { roots, log, signal: interruptSignal });
  const version = (await readTextIfThere(path.join(folder, VERSION_FILE)))?.trim();
  return describe(folder, version ?? 'unknown');
}

async function ownSysroot(folder: string): Promise<Sysroot> {
  const complete = await exists(path.join(folder, 'lib', 'libc.a'));
  if (complete && (await exists(path.join(folder, 'include', 'stdio.h')))) {
    return describe(path.resolve(folder), 'of LEGACY_LLM_MUSL');
  }
  throw new UserError(`LEGACY_LLM_MUSL=${folder} holds no musl for i386`, {
    hint: 'It must hold include/stdio.h, lib/libc.a, lib/crt1.o, lib/crti.o and lib/crtn.o.',
  });
}

function describe(folder: string, version: string): Sysroot {
  const include = path.join(folder, 'include');
  return { include, lib: path.join(folder, 'lib'), version: `musl ${version}` };
}

// Of a folder that was made before there were sums: its version is the last thing that was written.
async function isWhole(folder: string): Promise<boolean> {
  const files = [VERSION_FILE, 'lib/libc.a', 'lib/crt1.o', 'include/stdio.h'];
  const sizes = files.map(async (file) => (await stat(path.join(folder, file))).size);
  return (await Promise.all(sizes)).every((size) => size > 0);
}

// The name of the newest that a cache has: one that is whole, or one that is to be repaired.
async function newestName(roots: readonly string[]): Promise<string | undefined> {
  for (const root of roots) {
    const all = await readdir(root).catch(() => []);
    const names = all.filter((name) => /^musl-i386(-.*)?(?<!\.tmp)$/.test(name)).sort();
    const whole = await Promise.all(
      names.map((name) => isWhole(path.join(root, name)).catch(() => false)),
    );
    const newest = names.filter((_, index) => whole[index]).at(-1) ?? names.at(-1);
    if (newest !== undefined) return newest;
  }
  return undefined;
}

async function fetchSysroot(folder: string): Promise<void> {
  const tree = path.join(folder, 'unpacked');
  await mkdir(tree, { recursive: true });
  const version = await unpackI386Package(PACKAGE, tree, WITHOUT_APT);
  await rename(path.join(tree, 'usr/include/i386-linux-musl'), path.join(folder, 'include'));
  await rename(path.join(tree, 'usr/lib/i386-linux-musl'), path.join(folder, 'lib'));
  await rename(path.join(tree, 'usr/share/doc/musl-dev'), path.join(folder, 'doc'));
  await rm(tree, { recursive: true });
  await writeFile(path.join(folder, VERSION_FILE), `${version}\n`);
}
