// The places and the file writing that the story commands share.
import { randomBytes } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from './options.mjs';

// The root of the checkout.
export const rootDir = fileURLToPath(new URL('../../', import.meta.url));

// The sample that is part of the repository.
export const samplePath = path.join(rootDir, 'data', 'tiny_stories_sample.txt');

// Writes chunks to a temporary file beside the target and then renames it, so that the target is
// either the old file or the whole new one. Stops between two chunks when the signal is aborted.
/** @param {string} target @param {Iterable<string>} chunks @param {AbortSignal} [signal] */
export async function writeWhole(target, chunks, signal) {
  await checkTarget(target);
  const temporary = `${target}.${randomBytes(4).toString('hex')}.tmp`;
  const handle = await open(temporary, 'wx');
  try {
    for (const chunk of chunks) {
      signal?.throwIfAborted();
      await handle.writeFile(chunk);
    }
    await handle.sync();
    await handle.close();
    await rename(temporary, target);
  } catch (error) {
    await handle.close().catch(() => {});
    await rm(temporary, { force: true });
    throw error;
  }
}

/** @param {string} target */
async function checkTarget(target) {
  const found = await stat(target).catch(() => undefined);
  if (found?.isDirectory()) throw new UsageError(`${target} is a folder; give a file with --out`);
  const folder = path.dirname(target);
  const parent = await stat(folder).catch(() => undefined);
  if (!parent?.isDirectory()) {
    throw new UsageError(`there is no folder ${folder}; make it, or give another file with --out`);
  }
}
