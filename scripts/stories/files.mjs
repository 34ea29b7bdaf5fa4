// The places and the file writing that the story commands share.
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkOutputs, isTraining, placeOf, writeOutput } from '../output.mjs';
import { UsageError } from './options.mjs';

// The root of the checkout.
export const rootDir = fileURLToPath(new URL('../../', import.meta.url));

// The sample that is part of the repository.
export const samplePath = path.join(rootDir, 'data', 'tiny_stories_sample.txt');

// Tries the target before the stories are told.
/** @param {string} target @param {boolean} [force] */
export async function checkTarget(target, force = false) {
  const folder = path.dirname((await placeOf(target)).path);
  const parent = await stat(folder).catch(() => undefined);
  if (!parent?.isDirectory()) {
    throw new UsageError(`there is no folder ${folder}; make it, or give another file with --out`);
  }
  const isOurs = (/** @type {string} */ head) => !isTraining(head);
  await checkOutputs([{ path: target, option: '--out', force, isOurs }]);
}

// Writes chunks to the target: it is either the old file or the whole new one; what is no file is
// written to as it is. Stops between two chunks when the signal is aborted.
/** @param {string} target @param {Iterable<string>} chunks @param {AbortSignal} [signal] */
export async function writeWhole(target, chunks, signal) {
  await writeOutput(target, (handle) => writeChunks(handle, chunks, signal), signal);
}

/** @param {import('node:fs/promises').FileHandle} handle @param {Iterable<string>} chunks @param {AbortSignal} [signal] */
async function writeChunks(handle, chunks, signal) {
  for (const chunk of chunks) {
    signal?.throwIfAborted();
    await handle.writeFile(chunk);
  }
}
