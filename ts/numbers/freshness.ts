// What the numbers of a measurement depend on, as hashes: where they are still the same, so are the
// numbers, and it need not be made again.
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { buildTarget } from '../build/build.ts';
import { findTarget, folderFlags } from '../build/targets.ts';
import { listFiles } from '../build/toolchain.ts';
import { sha256, sha256File, sha256Json } from '../support/hash.ts';
import { rootDir } from '../support/paths.ts';
import { type Measurement, sourceText } from './measurement.ts';

// What it was measured of, by name.
export type Origin = Readonly<Record<string, string>>;

// The present state of what a measurement depends on, with the programs, which are built for it.
export async function originOf(measurement: Measurement): Promise<Origin> {
  const origin: Record<string, string> = { ...(await originOfSources(measurement)) };
  for (const build of measurement.builds ?? []) {
    const { program } = await buildTarget(findTarget(build));
    origin[PROGRAM + build] = await sha256File(program);
  }
  return origin;
}

// The same without the programs: nothing is built.
export async function originOfSources(measurement: Measurement): Promise<Origin> {
  const origin: Record<string, string> = { commands: sha256(sourceText(measurement)) };
  for (const file of measurement.files ?? []) origin[file] = await hashOf(file);
  for (const build of measurement.builds ?? []) origin[SOURCES + build] = await sourcesOf(build);
  return origin;
}

// Whether a measurement need not be made again; builds its programs where their sources changed.
export async function isFresh(before: Origin | undefined, measurement: Measurement) {
  if (isSame(before, await originOfSources(measurement))) return true;
  return before !== undefined && isSame(before, await originOf(measurement));
}

const PROGRAM = 'program ';
const SOURCES = 'sources of ';

// Whether nothing is other than it was. A program is the same if its bytes are, as after a change of
// a comment, or if its sources are, as with another version of the compiler.
export function isSame(before: Origin | undefined, now: Origin): boolean {
  if (!before) return false;
  const same = (name: string) => before[name] === now[name];
  return Object.keys(now).every((name) => {
    if (name.startsWith(PROGRAM)) return same(name) || same(name.replace(PROGRAM, SOURCES));
    if (name.startsWith(SOURCES)) return same(name) || same(name.replace(SOURCES, PROGRAM));
    return same(name);
  });
}

// The sources of all builds, and the flags of one.
async function sourcesOf(build: string): Promise<string> {
  return sha256Json({ sources: await hashOf('c'), target: findTarget(build), folderFlags });
}

// Of a file, or of all files in a folder.
async function hashOf(name: string): Promise<string> {
  const whole = path.join(rootDir, name);
  if (!(await stat(whole)).isDirectory()) return sha256File(whole);
  const files = await listFiles(rootDir, name, '');
  const hashes: [string, string][] = [];
  for (const file of files) {
    const inside = path.join(rootDir, file);
    if ((await stat(inside)).isFile()) hashes.push([file, await sha256File(inside)]);
  }
  return sha256Json(hashes);
}
