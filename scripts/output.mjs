// Where an output really goes. A file is replaced by a whole new one; what is no file (a FIFO, a
// device, a socket, a stream of this process) is written to and never replaced; a symbolic link
// stays, and what it names is written.
import { constants } from 'node:fs';
import { lstat, open, readlink, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * @typedef {object} Place
 * @property {'file' | 'stream' | 'folder'} kind
 * @property {string} path  of the file or stream itself, behind all links
 */

const MOST_LINKS = 40;
const PROCESS_STREAMS = /^\/(proc\/(self|thread-self|\d+)\/fd|dev\/fd)\//;

// The place that a path names; what is not there yet will be a file.
/** @param {string} target @returns {Promise<Place>} */
export async function placeOf(target) {
  let at = path.resolve(target);
  for (let links = 0; links < MOST_LINKS; links++) {
    if (PROCESS_STREAMS.test(at)) return { kind: 'stream', path: at };
    const found = await lstat(at).catch(() => undefined);
    if (!found?.isSymbolicLink()) return { kind: await kindOf(at), path: at };
    at = path.resolve(path.dirname(at), await readlink(at));
  }
  throw new Error(`${target}: too many symbolic links; name another file`);
}

/** @param {string} file @returns {Promise<Place['kind']>} */
async function kindOf(file) {
  const found = await stat(file).catch(() => undefined);
  if (!found || found.isFile()) return 'file';
  return found.isDirectory() ? 'folder' : 'stream';
}

const WAIT_MS = 100;

// Opens a stream to append to it. A FIFO is waited for until somebody reads it, or the signal ends
// the waiting: an open that blocks would not let go of this process.
/** @param {string} stream @param {AbortSignal} [signal] */
export async function openStream(stream, signal) {
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
      if (!(error instanceof Error && 'code' in error && error.code === 'ENXIO')) throw error;
    }
    await sleep(WAIT_MS);
  }
}
