// Where the outputs of a command go: the one place that decides what may be written, before the work
// begins. A file is replaced by a whole new one; what is no file (a FIFO, a device, a stream of this
// process) is written to and never replaced; a symbolic link stays, and what it names is written.
// No output is written over another one, or over an input.
import { constants, fstatSync } from 'node:fs';
import { access, lstat, mkdir, open, readlink, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { about, errorCode, reasonOf, systemFailure, UserError } from './failures.mjs';
import { ownedName, sweep } from './owner.mjs';
import { filesOf } from './sums.mjs';

/**
 * @typedef {'file' | 'stream' | 'folder' | 'other'} Kind
 *
 * @typedef {object} Place
 * @property {Kind} kind
 * @property {string} path  of the file or stream itself, behind all links
 * @property {boolean} there
 *
 * @typedef {object} Input
 * @property {string} path
 * @property {string} option  the option or argument that names it: "--text"
 *
 * @typedef {object} Output
 * @property {string} path
 * @property {string} option
 * @property {boolean} [beside]  nobody named it: its name comes from that of the option
 * @property {boolean} [force]  whether whatever is there may be replaced, where one can ask for it
 * @property {(head: string) => boolean} [isOurs]  whether one that begins so may be replaced anyway
 */

const MOST_LINKS = 40;
const PROCESS_STREAMS = /^\/(proc\/(self|thread-self|\d+)\/fd|dev\/fd)\//;
const WRONG_USAGE = 2;

// The place that a path names; what is not there yet will be a file.
/** @param {string} target @returns {Promise<Place>} */
export async function placeOf(target) {
  let at = path.resolve(target);
  for (let links = 0; links < MOST_LINKS; links++) {
    if (PROCESS_STREAMS.test(at)) return { kind: 'stream', path: at, there: true };
    const found = await ifThere(lstat(at));
    if (!found?.isSymbolicLink()) return { kind: kindOf(found), path: at, there: !!found };
    at = path.resolve(path.dirname(at), await readlink(at));
  }
  throw new UserError(`${target}: its symbolic links go in a circle`, {
    hint: 'Name the file itself.',
    exitCode: WRONG_USAGE,
  });
}

/** @param {import('node:fs').Stats | undefined} found @returns {Kind} */
function kindOf(found) {
  if (!found || found.isFile()) return 'file';
  if (found.isFIFO() || found.isCharacterDevice()) return 'stream';
  return found.isDirectory() ? 'folder' : 'other';
}

/** @template T @param {Promise<T>} asked @returns {Promise<T | undefined>} */
async function ifThere(asked) {
  try {
    return await asked;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

// ---- before the work ----

// Refuses outputs that cannot be written, or that would be written over something, and leaves
// nothing behind.
/** @param {readonly Output[]} outputs @param {readonly Input[]} [inputs] */
export async function checkOutputs(outputs, inputs = []) {
  /** @type {Map<string, string>} */
  const names = new Map();
  for (const input of inputs) names.set(await identityOf(input.path), describe(input));
  for (const output of outputs) {
    const place = await writablePlace(output);
    const identity = await identityOf(place.path);
    const other = names.get(identity);
    if (other !== undefined && !(place.kind === 'stream' && (await isEndless(place)))) {
      throw wrong(`${describe(output)} is the same file as ${other}`, output);
    }
    names.set(identity, describe(output));
    await refuseForeign(output, place);
  }
}

/** @param {Input & { beside?: boolean }} file */
function describe({ path: file, option, beside }) {
  return beside ? `${file} (beside ${option})` : `${option} ${file}`;
}

/** @param {string} message @param {Output} output */
function wrong(message, { option, beside }) {
  const hint = beside ? `Give ${option} another name.` : `Give ${option} another file.`;
  return new UserError(message, { hint, exitCode: WRONG_USAGE });
}

// Device and inode of a file; of one that is not there yet those of the folder that there is, and
// the rest of its path.
/** @param {string} file @returns {Promise<string>} */
async function identityOf(file) {
  const { found, rest } = await deepestThere(file, stat);
  return `${found.dev}:${found.ino}:${rest}`;
}

// What `look` finds of a path or, where there is none, of the nearest folder above that there is; and
// the rest of the path.
/** @template T @param {string} file @param {(at: string) => Promise<T>} look */
export async function deepestThere(file, look) {
  let at = path.resolve(file);
  for (let rest = ''; ; rest = path.join(path.basename(at), rest), at = path.dirname(at)) {
    const found = await look(at).catch(() => undefined);
    if (found !== undefined) return { found, rest };
  }
}

// Whether writing to a stream twice loses nothing, as with a device.
/** @param {Place} place */
async function isEndless({ path: file }) {
  return (await stat(file)).isCharacterDevice();
}

// Tries whether a place can be written.
/** @param {Output} output @returns {Promise<Place>} */
async function writablePlace(output) {
  return inWords(describe(output), async () => {
    const place = await placeOf(output.path);
    if (place.kind === 'folder') throw wrong(`${describe(output)} is a folder`, output);
    if (place.kind === 'other') throw wrong(`${describe(output)} is no ordinary file`, output);
    if (place.kind === 'stream') await access(place.path, constants.W_OK);
    else await tryFolder(path.dirname(place.path));
    return place;
  });
}

/** @template T @param {string} what @param {() => Promise<T>} work @returns {Promise<T>} */
async function inWords(what, work) {
  try {
    return await work();
  } catch (error) {
    const known = systemFailure(error);
    if (!known) throw error;
    throw new UserError(`cannot write ${what}: ${reasonOf(error)}`, { hint: known.hint });
  }
}

// Tries whether something can be written in a folder, or in the one in which it will be made.
/** @param {string} folder */
async function tryFolder(folder) {
  let at = path.resolve(folder);
  while (!(await ifThere(stat(at)))) at = path.dirname(at);
  const probe = ownedName(path.join(at, 'probe'));
  const handle = await open(probe, 'wx');
  await handle.close();
  await rm(probe, { force: true });
}

const HEAD_BYTES = 256;

// Tries a folder that an option names, before anything is made for it.
/** @param {string} folder @param {string} option */
export async function checkFolder(folder, option) {
  const { kind, there, path: place } = await placeOf(folder);
  if (there && kind !== 'folder') {
    const hint = `Give ${option} another folder.`;
    throw new UserError(`${option} ${folder} is no folder`, { hint, exitCode: WRONG_USAGE });
  }
  await inWords(`${option} ${folder}`, () => tryFolder(place));
}

// Refuses to lose what somebody else made.
/** @param {Output} output @param {Place} place */
async function refuseForeign(output, place) {
  if (output.force || place.kind !== 'file' || !place.there) return;
  const head = await headOf(place.path);
  if (head === '' || output.isOurs?.(head)) return;
  const force = output.force === undefined ? '' : ', or add --force';
  throw new UserError(`${describe(output)} is there already; it is not written over`, {
    hint: `Give ${output.option} another name${force}.`,
    exitCode: WRONG_USAGE,
  });
}

// Whether a file that begins so is the checkpoint or the log of a training.
/** @param {string} head */
export function isTraining(head) {
  return /^(LEGACYLM|\{"step":|step,)/.test(head);
}

// The first bytes of a file, as latin-1: enough to tell its kind.
/** @param {string} file */
export async function headOf(file) {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

// Whether a path is also the standard output of this process, in which a command says what it did.
/** @param {string} target */
export async function isStandardOutput(target) {
  const found = await stat((await placeOf(target)).path).catch(() => undefined);
  if (!found || (found.isCharacterDevice() && !process.stdout.isTTY)) return false;
  const own = fstatSync(1);
  return found.dev === own.dev && found.ino === own.ino;
}

// ---- the writing ----

// Writes an output by its handle: that of a stream, or of a temporary file beside the file, which is
// synced and renamed into place when all is written, so that readers see the old content or the new
// one.
/**
 * @param {string} file
 * @param {(handle: import('node:fs/promises').FileHandle) => Promise<void>} write
 * @param {AbortSignal} [signal]  ends the waiting for the reader of a FIFO
 */
export async function writeOutput(file, write, signal) {
  const place = await placeOf(file);
  if (place.kind !== 'stream') {
    await replaceFile(file, async (temporary) =>
      writeHandle(file, await open(temporary, 'wx'), write),
    );
    return;
  }
  await writeHandle(file, await openStream(place.path, signal), write);
}

/** @param {string} file @param {import('node:fs/promises').FileHandle} handle @param {(handle: import('node:fs/promises').FileHandle) => Promise<void>} write */
async function writeHandle(file, handle, write) {
  try {
    await write(handle);
  } catch (error) {
    throw about(file, error);
  } finally {
    await handle.close();
  }
}

// Lets `produce` make a temporary file beside `file`, syncs it and renames it into place.
/** @param {string} file @param {(temporary: string) => Promise<void>} produce */
export async function replaceFile(file, produce) {
  const place = await placeOf(file);
  if (place.kind !== 'file') {
    const message = `${file} is ${place.kind === 'folder' ? 'a folder' : 'no ordinary file'}`;
    throw new UserError(message, { hint: 'Name a file.', exitCode: WRONG_USAGE });
  }
  const folder = path.dirname(place.path);
  await mkdir(folder, { recursive: true });
  await sweep(folder, `${path.basename(place.path)}.`);
  const temporary = ownedName(place.path);
  try {
    await produce(temporary);
    await syncPath(temporary);
    await rename(temporary, place.path);
    await syncPath(folder);
  } finally {
    await rm(temporary, { force: true });
  }
}

// Lets `fill` fill a new folder beside `target`, or beside what that links to, syncs its files and
// renames it into place, in place of one that is there.
/** @param {string} target @param {(temporary: string) => Promise<void>} fill */
export async function replaceFolder(target, fill) {
  const { path: folder } = await placeOf(target);
  const parent = path.dirname(folder);
  await mkdir(parent, { recursive: true });
  await sweep(parent, `${path.basename(folder)}.`);
  const temporary = ownedName(folder);
  try {
    await mkdir(temporary);
    await fill(temporary);
    for (const name of await filesOf(temporary)) await syncPath(path.join(temporary, name));
    await exchange(temporary, folder);
    await syncPath(parent);
  } finally {
    await rm(temporary, { recursive: true, force: true, maxRetries: 3 });
  }
}

// Renames a folder in place of one that is removed then; where that fails, the old one stays.
/** @param {string} from @param {string} folder */
async function exchange(from, folder) {
  const old = ownedName(folder);
  const moved = await ifThere(rename(folder, old).then(() => true));
  try {
    await rename(from, folder);
  } catch (error) {
    if (moved) await rename(old, folder);
    throw error;
  }
  await rm(old, { recursive: true, force: true, maxRetries: 3 });
}

// Gets a file, or the names in a folder, to the disk itself.
/** @param {string} file */
export async function syncPath(file) {
  const handle = await open(file, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const WAIT_MS = 100;

// Opens a stream to append to it. A FIFO is waited for until somebody reads it, or the signal ends
// the waiting: an open that blocks would not let go of this process.
/** @param {string} stream @param {AbortSignal} [signal] */
async function openStream(stream, signal) {
  const probe = await firstReader(stream, signal);
  try {
    return await open(stream, 'a');
  } finally {
    await probe.close();
  }
}

/** @param {string} stream @param {AbortSignal} [signal] */
async function firstReader(stream, signal) {
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await open(stream, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      if (errorCode(error) !== 'ENXIO') throw error;
    }
    await sleep(WAIT_MS);
  }
}
