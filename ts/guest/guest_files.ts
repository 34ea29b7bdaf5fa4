// What the laptop starts with, read from files of this machine.
import { readFile } from 'node:fs/promises';
import { errorCode, UserError } from '../support/errors.ts';
import { displayPath } from '../support/paths.ts';
import { type GuestOrder, initramfs } from './initramfs.ts';

// What the laptop is to do, and the files for it.
export interface GuestFiles extends GuestOrder {
  init: string;
  program: string;
  /** Path inside -> path on the host, or the bytes themselves. */
  inputs: Readonly<Record<string, string | Uint8Array>>;
}

// Reads all, and packs it.
export async function initramfsOf({
  init,
  program,
  inputs,
  ...order
}: GuestFiles): Promise<Uint8Array> {
  const read = Object.entries(inputs).map(
    async ([inside, input]) => [inside, await readInput(input)] as const,
  );
  return initramfs({
    ...order,
    init: await readInput(init),
    program: await readInput(program),
    inputs: Object.fromEntries(await Promise.all(read)),
  });
}

async function readInput(file: string | Uint8Array): Promise<Uint8Array> {
  if (typeof file !== 'string') return file;
  try {
    return await readFile(file);
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    throw new UserError(`cannot read ${displayPath(file)}: ${code}`, {
      hint: 'The file is needed inside the emulated laptop.',
    });
  }
}
