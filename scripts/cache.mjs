// What is expensive to make and kept for later runs: folders by name, each with the SHA-256 of its
// files in SHA256SUMS (`sha256sum -c` reads it, too). What is kept is checked before it is used; what
// is damaged is made again; it is synced and renamed into place when it is whole; and what a killed
// run left is removed. Plain Node, no packages.
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { systemFailure, UserError } from './failures.mjs';
import { withLock } from './lock.mjs';
import { replaceFolder, writeOutput } from './output.mjs';
import { ownedName, sweep, sweepNameless } from './owner.mjs';
import { cacheRoots, rootDir } from './places.mjs';
import { faultsOf, sumsOf } from './sums.mjs';

/**
 * @typedef {object} Entry
 * @property {string} name  its place in the cache, such as "kernel/5f..."
 * @property {string} what  as people call it, for messages
 * @property {(folder: string) => Promise<void>} make  fills an empty folder
 * @property {(folder: string) => Promise<boolean>} [isWhole]  whether a folder without sums is whole
 * @property {number} [days]  that it is kept after its last use, with those beside it; else for ever
 *
 * @typedef {object} Keeping
 * @property {(line: string) => void} [log]
 * @property {AbortSignal} [signal]
 * @property {readonly string[]} [roots]  where it may be kept, the best place first
 */

const SUMS = 'SHA256SUMS';
const DAY_MS = 24 * 3600 * 1000;

// The folder of an entry, whole; made first where no root has it so.
/** @param {Entry} entry @param {Keeping} [keeping] @returns {Promise<string>} */
export async function kept(entry, { log = () => {}, signal, roots = cacheRoots() } = {}) {
  /** @type {string[]} */
  const damaged = [];
  for (const root of roots) {
    const folder = path.join(root, entry.name);
    await sweep(path.dirname(folder));
    await sweepNameless(path.dirname(folder));
    const fault = await faultOf(folder, entry);
    if (fault === undefined) return touched(folder, entry);
    if (fault !== 'absent') damaged.push(`${folder}: ${fault}`);
  }
  for (const line of damaged) log(`${entry.what} is damaged and is made again (${line})`);
  const root = await writableRoot(roots, log);
  const folder = path.join(root, entry.name);
  const lock = path.join(root, 'locks', `${entry.name.replaceAll(path.sep, '-')}.lock`);
  const wait = () => log(`another run is making ${entry.what}; waiting for it`);
  try {
    return await withLock(lock, () => makeUnlessWhole(folder, entry), wait, signal);
  } catch (error) {
    throw inWords(error, entry, root);
  }
}

// Why a folder cannot be used: "absent", or what is damaged; undefined where it is whole.
/** @param {string} folder @param {Entry} entry @returns {Promise<string | undefined>} */
async function faultOf(folder, entry) {
  const names = await readdir(folder).catch(() => undefined);
  if (names === undefined) return 'absent';
  if (names.includes(SUMS)) return checkSums(folder);
  if (!(await entry.isWhole?.(folder).catch(() => false))) return 'it is incomplete';
  await writeSums(folder).catch(() => {}); // a cache that is only read stays as it is
  return undefined;
}

/** @param {string} folder */
async function checkSums(folder) {
  const text = await readFile(path.join(folder, SUMS), 'utf8').catch(() => '');
  const faults = await faultsOf(folder, text);
  if (faults === undefined) return `${SUMS} is damaged`;
  const [first] = faults;
  return first && `${first.name} ${first.what}`;
}

/** @param {string} folder */
async function writeSums(folder) {
  const text = await sumsOf(folder, (name) => name !== SUMS);
  await writeOutput(path.join(folder, SUMS), (handle) => handle.writeFile(text));
}

// Notes that an entry is used, where that matters and can be noted.
/** @param {string} folder @param {Entry} entry */
async function touched(folder, { days }) {
  const now = new Date();
  if (days !== undefined) await utimes(folder, now, now).catch(() => {});
  return folder;
}

// Removes what nobody has used for some days from a folder of entries. What cannot be removed stays.
/** @param {string} parent @param {number} days */
async function removeUnused(parent, days) {
  for (const name of await readdir(parent).catch(() => [])) {
    const entry = path.join(parent, name);
    const used = (await stat(entry).catch(() => undefined))?.mtimeMs ?? Date.now();
    if (Date.now() - used < days * DAY_MS) continue;
    const old = ownedName(entry); // at once: nobody finds a half of it
    await rename(entry, old)
      .then(() => rm(old, { recursive: true, force: true }))
      .catch(() => {});
  }
}

// The first root in which something can be made.
/** @param {readonly string[]} roots @param {(line: string) => void} [log] */
export async function writableRoot(roots, log = () => {}) {
  /** @type {unknown} */
  let failure;
  for (const root of roots) {
    const probe = ownedName(path.join(root, 'probe'));
    try {
      await mkdir(root, { recursive: true });
      await writeFile(probe, '', { flag: 'wx' });
      await rm(probe, { force: true });
      if (failure) log(`${systemFailure(failure)?.message}; keeping it in ${root}`);
      return root;
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

/** @param {string} folder @param {Entry} entry */
async function makeUnlessWhole(folder, entry) {
  if ((await faultOf(folder, entry)) === undefined) return folder;
  if (entry.days !== undefined) await removeUnused(path.dirname(folder), entry.days);
  await replaceFolder(folder, async (work) => {
    await entry.make(work);
    await writeSums(work);
  });
  return folder;
}

/** @param {unknown} error @param {Entry} entry @param {string} root */
function inWords(error, { what }, root) {
  const known = systemFailure(error);
  if (!known) return error;
  const isOfCheckout = root === path.join(rootDir, 'images');
  const elsewhere = isOfCheckout ? '' : 'XDG_CACHE_HOME=/another/place keeps it elsewhere.';
  return new UserError(`${what} could not be kept in ${root}: ${known.message}`, {
    hint: [known.hint, elsewhere].filter(Boolean).join('\n'),
  });
}
