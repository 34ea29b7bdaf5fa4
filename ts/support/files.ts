// Writes that survive a power cut or a Ctrl-C: temporary file, fsync, rename.
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, copyFile, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openStream, placeOf } from '../../scripts/output.mjs';
import { errorCode, UserError } from './errors.ts';
import { interruptSignal } from './interrupt.ts';

// Writes a file so that readers see the old content or the new one, never a part.
export async function writeFileAtomic(file: string, data: string | Uint8Array): Promise<void> {
  await replaceFile(file, async (temporary) => {
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(data);
      await handle.sync();
    } finally {
      await handle.close();
    }
  });
}

// Copies a file with its mode so that readers see the old content or the new one, never a part.
export async function copyFileAtomic(from: string, to: string): Promise<void> {
  await replaceFile(to, async (temporary) => {
    await copyFile(from, temporary, constants.COPYFILE_EXCL);
    const handle = await open(temporary, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  });
}

// Lets `produce` fill a temporary file beside `file`, then renames it into place. A symbolic link
// stays, and what it names is replaced; what is no file is written to.
export async function replaceFile(
  file: string,
  produce: (temporary: string) => Promise<void>,
): Promise<void> {
  const place = await placeOf(file);
  if (place.kind === 'folder') {
    throw new UserError(`${file} is a folder`, { hint: 'Name a file in it.', exitCode: 2 });
  }
  const beside = place.kind === 'file' ? place.path : path.join(tmpdir(), 'legacy-llm');
  await mkdir(path.dirname(place.path), { recursive: true });
  const temporary = `${beside}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
  try {
    await produce(temporary);
    if (place.kind === 'file') await rename(temporary, place.path);
    else await pour(temporary, place.path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

// Appends a file to a stream, and removes it.
async function pour(from: string, stream: string): Promise<void> {
  const handle = await openStream(stream, interruptSignal);
  try {
    await handle.writeFile(await readFile(from));
  } finally {
    await handle.close();
  }
  await rm(from, { force: true });
}

// The text of a file, or undefined when there is no such file.
export async function readTextIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

// Whether a file or folder is there.
export async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
