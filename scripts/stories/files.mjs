// The places and the file writing that the story commands share.
import { randomBytes } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { openStream, placeOf } from '../output.mjs';
import { UsageError } from './options.mjs';

// The root of the checkout.
export const rootDir = fileURLToPath(new URL('../../', import.meta.url));

// The sample that is part of the repository.
export const samplePath = path.join(rootDir, 'data', 'tiny_stories_sample.txt');

// Writes chunks to a temporary file beside the target and then renames it, so that the target is
// either the old file or the whole new one; what is no file is written to as it is. Stops between
// two chunks when the signal is aborted.
/** @param {string} target @param {Iterable<string>} chunks @param {AbortSignal} [signal] */
export async function writeWhole(target, chunks, signal) {
  const place = await checkTarget(target);
  if (place.kind === 'stream') {
    await writeChunks(await openStream(place.path, signal), chunks, signal);
    return;
  }
  const temporary = `${place.path}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    const handle = await open(temporary, 'wx');
    await writeChunks(handle, chunks, signal);
    await rename(temporary, place.path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

// Writes all chunks and closes the handle, synced where it is of a file.
/** @param {import('node:fs/promises').FileHandle} handle @param {Iterable<string>} chunks @param {AbortSignal} [signal] */
async function writeChunks(handle, chunks, signal) {
  try {
    for (const chunk of chunks) {
      signal?.throwIfAborted();
      await handle.writeFile(chunk);
    }
    if ((await handle.stat()).isFile()) await handle.sync();
  } finally {
    await handle.close();
  }
}

/** @param {string} target */
async function checkTarget(target) {
  const place = await placeOf(target);
  if (place.kind === 'folder')
    throw new UsageError(`${target} is a folder; give a file with --out`);
  const folder = path.dirname(place.path);
  const parent = await stat(folder).catch(() => undefined);
  if (!parent?.isDirectory()) {
    throw new UsageError(`there is no folder ${folder}; make it, or give another file with --out`);
  }
  return place;
}
