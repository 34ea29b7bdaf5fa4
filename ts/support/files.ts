// Writes that survive a power cut or a Ctrl-C: temporary file, fsync, rename (scripts/output.mjs).
import { constants } from 'node:fs';
import { access, copyFile, readFile } from 'node:fs/promises';
import { replaceFile, writeOutput } from '../../scripts/output.mjs';
import { errorCode } from './errors.ts';
import { interruptSignal } from './interrupt.ts';

export { replaceFile };

// Writes a file so that readers see the old content or the new one, never a part.
export async function writeFileAtomic(file: string, data: string | Uint8Array): Promise<void> {
  await writeOutput(file, (handle) => handle.writeFile(data), interruptSignal);
}

// Copies a file with its mode so that readers see the old content or the new one, never a part.
export async function copyFileAtomic(from: string, to: string): Promise<void> {
  await replaceFile(to, (temporary) => copyFile(from, temporary, constants.COPYFILE_EXCL));
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
