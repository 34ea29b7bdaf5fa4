// Names of what a process makes for itself, temporary files and folders: each says whose it is, so
// that what a process left behind when it was killed can be known and removed by the next one.
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync, statSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';

// A process of another machine or container cannot be asked for; what it has not touched for a day
// counts as left behind.
const FOREIGN_MAX_AGE_MS = 24 * 3600 * 1000;

/** @param {() => string} read */
function orNothing(read) {
  try {
    return read();
  } catch {
    return '';
  }
}

/** @param {string} text */
function short(text) {
  return createHash('sha256').update(text).digest('hex').slice(0, 6);
}

// Where process numbers mean the same: one machine, or one container of it.
const space = short(hostname() + orNothing(() => readlinkSync('/proc/self/ns/pid')));
const boot = orNothing(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'));

// Tells a process from a later one that got its number.
/** @param {number} pid */
function birthOf(pid) {
  const stat = orNothing(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  return short(boot + (stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''));
}

const OWNER = /([0-9a-f]{6})-(\d+)-([0-9a-f]{6})/;

// This process, as names have it.
export const owner = `${space}-${process.pid}-${birthOf(process.pid)}`;

// A name beside `file` that no other process and no other call has.
/** @param {string} file */
export function ownedName(file) {
  return `${file}.${owner}-${randomBytes(4).toString('hex')}.tmp`;
}

// Whether the owner that is written in a text, or in the name of a file, is no more.
/** @param {string} text @param {string} [file]  tells the age, where the owner cannot be asked for */
export function ownerIsGone(text, file) {
  const [, itsSpace, pid = '', birth] = OWNER.exec(text) ?? [];
  if (itsSpace === undefined) return false;
  if (itsSpace !== space) return file !== undefined && age(file) > FOREIGN_MAX_AGE_MS;
  return !isAlive(Number(pid)) || birthOf(Number(pid)) !== birth;
}

/** @param {string} file */
function age(file) {
  const changed = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  return changed === undefined ? 0 : Date.now() - changed;
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

// Removes what processes that are no more left in a folder, of the names that begin so.
/** @param {string} folder @param {string} [prefix] */
export async function sweep(folder, prefix = '') {
  const names = (await namesIn(folder)).filter((name) => name.startsWith(prefix));
  const left = names.filter(
    (name) => name.endsWith('.tmp') && ownerIsGone(name, path.join(folder, name)),
  );
  await removeAll(folder, left);
}

// What versions before this one left: their names do not say whose they are.
const NAMELESS = /\.(building|tmp)-\w{6}$|^fetch-\w{6}$/;
const NAMELESS_MAX_AGE_MS = 3600 * 1000;

// Removes it from a folder in which nothing else has such names.
/** @param {string} folder */
export async function sweepNameless(folder) {
  const names = (await namesIn(folder)).filter((name) => NAMELESS.test(name));
  const left = names.filter((name) => age(path.join(folder, name)) > NAMELESS_MAX_AGE_MS);
  await removeAll(folder, left);
}

/** @param {string} folder @returns {Promise<string[]>} */
async function namesIn(folder) {
  return readdir(folder).catch(() => []);
}

// What cannot be removed is no reason to fail.
/** @param {string} folder @param {readonly string[]} names */
async function removeAll(folder, names) {
  const options = { recursive: true, force: true, maxRetries: 3 };
  for (const name of names) await rm(path.join(folder, name), options).catch(() => {});
}
