// The C library of the i386 builds: Debian's musl for i386, fetched once without root and without
// telling the system about a foreign architecture, kept in the cache, copied into images/sysroot.
import { cp, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { errorCode, UserError } from '../support/errors.ts';
import { exec, execAny } from '../support/exec.ts';
import { exists, readTextIfThere } from '../support/files.ts';
import { cacheDir, imagesDir } from '../support/paths.ts';

export interface Sysroot {
  include: string;
  lib: string;
  /** "musl 1.2.3-1" */
  version: string;
}

export interface SysrootPlaces {
  /** The copy of this checkout. */
  local: string;
  /** The folder that holds musl-i386-<version>/. */
  cache: string;
  env: NodeJS.ProcessEnv;
}

const PACKAGE = 'musl-dev';
const CACHE_PREFIX = 'musl-i386-';
const VERSION_FILE = 'VERSION';

// Where the sysroot stands for this checkout.
function defaultPlaces(): SysrootPlaces {
  return {
    local: path.join(imagesDir, 'sysroot', 'musl-i386'),
    cache: cacheDir(),
    env: process.env,
  };
}

let ensured: Promise<Sysroot> | undefined;

// The sysroot of this checkout; asked for several times at once, it is fetched once.
export function ensureSysroot(log: (line: string) => void = () => {}): Promise<Sysroot> {
  ensured ??= provideSysroot(defaultPlaces(), log).catch((error: unknown) => {
    ensured = undefined;
    throw error;
  });
  return ensured;
}

// The sysroot, fetched when neither the local place nor the cache has it.
export async function provideSysroot(
  places: SysrootPlaces,
  log: (line: string) => void = () => {},
): Promise<Sysroot> {
  if (places.env.LEGACY_LLM_MUSL) return ownSysroot(places.env.LEGACY_LLM_MUSL);
  if (!(await isComplete(places.local))) {
    const cached = (await newestCached(places.cache)) ?? (await fetchSysroot(places.cache, log));
    await placeFolder(places.local, (temporary) => cp(cached, temporary, { recursive: true }));
  }
  const version = (await readTextIfThere(path.join(places.local, VERSION_FILE)))?.trim();
  return describe(places.local, version ?? 'unknown');
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

// The version file is the last thing that a fetch writes.
async function isComplete(folder: string): Promise<boolean> {
  const files = [VERSION_FILE, 'lib/libc.a', 'lib/crt1.o', 'include/stdio.h'];
  const there = await Promise.all(files.map((file) => exists(path.join(folder, file))));
  return there.every(Boolean);
}

async function newestCached(cache: string): Promise<string | undefined> {
  const names = await readdir(cache).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  });
  const candidates = names.filter((name) => name.startsWith(CACHE_PREFIX)).sort();
  for (const name of candidates.reverse()) {
    if (await isComplete(path.join(cache, name))) return path.join(cache, name);
  }
  return undefined;
}

async function fetchSysroot(cache: string, log: (line: string) => void): Promise<string> {
  log('fetching musl for i386 with apt-get (0.6 MB and a package list)');
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(path.join(cache, 'fetch-'));
  try {
    const archive = await downloadPackage(work);
    const version = await exec('dpkg-deb', ['-f', archive, 'Version'], {
      what: 'read the package',
    });
    const target = path.join(cache, `${CACHE_PREFIX}${version.stdout.trim()}`);
    await placeFolder(target, (temporary) => unpack(archive, temporary, version.stdout.trim()));
    return target;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

// apt with lists, cache and architecture of its own; sources and keys are the system's.
async function downloadPackage(work: string): Promise<string> {
  const lists = path.join(work, 'lists');
  const archives = path.join(work, 'cache');
  for (const folder of [lists, archives]) {
    await mkdir(path.join(folder, 'partial'), { recursive: true });
  }
  const own = [
    ...['APT::Architecture=i386', 'APT::Architectures=i386', 'Dir::State::status=/dev/null'],
    ...[`Dir::State::Lists=${lists}`, `Dir::Cache=${archives}`, 'Acquire::Languages=none'],
    ...['APT::Sandbox::User=', 'Debug::NoLocking=true'],
  ].flatMap((option) => ['-o', option]);
  const hint = howToDoWithout();
  // An update may fail for a source that does not matter here; the download tells.
  await execAny('apt-get', [...own, '-q', 'update'], { cwd: work });
  await exec('apt-get', [...own, '-q', 'download', PACKAGE], {
    cwd: work,
    what: 'fetch musl for i386',
    hint,
  });
  const name = (await readdir(work)).find((entry) => entry.endsWith('.deb'));
  if (name === undefined) throw new UserError('apt-get fetched no musl for i386', { hint });
  return path.join(work, name);
}

function howToDoWithout(): string {
  return 'Without apt: point LEGACY_LLM_MUSL at a folder with include/ and lib/ of musl for i386.';
}

async function unpack(archive: string, folder: string, version: string): Promise<void> {
  const tree = path.join(folder, 'unpacked');
  await mkdir(tree, { recursive: true });
  await exec('dpkg-deb', ['-x', archive, tree], { what: 'unpack musl for i386' });
  await rename(path.join(tree, 'usr/include/i386-linux-musl'), path.join(folder, 'include'));
  await rename(path.join(tree, 'usr/lib/i386-linux-musl'), path.join(folder, 'lib'));
  await rename(path.join(tree, 'usr/share/doc/musl-dev'), path.join(folder, 'doc'));
  await rm(tree, { recursive: true });
  await writeFile(path.join(folder, VERSION_FILE), `${version}\n`);
}

// Fills a folder beside the wanted one, then renames it; of two processes the first one wins.
async function placeFolder(
  folder: string,
  fill: (temporary: string) => Promise<void>,
): Promise<void> {
  await mkdir(path.dirname(folder), { recursive: true });
  const temporary = await mkdtemp(`${folder}.tmp-`);
  try {
    await fill(temporary);
    if (await isComplete(folder)) return;
    await rm(folder, { recursive: true, force: true });
    await rename(temporary, folder);
  } catch (error) {
    const overtaken = errorCode(error) === 'ENOTEMPTY' && (await isComplete(folder));
    if (!overtaken) throw error;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
