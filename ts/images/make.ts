// Makes an image: its contents, then the medium, put in place when it is whole.
import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../support/errors.ts';
import { copyFileAtomic } from '../support/files.ts';
import { sha256File } from '../support/hash.ts';
import { imagesDir } from '../support/paths.ts';
import type { Progress } from '../support/progress.ts';
import { withScratch } from '../support/scratch.ts';
import { contentsOf } from './contents.ts';
import { writeDisc, writeFloppy } from './media.ts';
import type { Image } from './rows.ts';

// What was made.
export interface MadeImage {
  image: Image;
  path: string;
  bytes: number;
  /** Bytes of the medium that nothing takes. */
  free: number;
  kernelBytes: number;
  filesBytes: number;
  sha256: string;
}

export const mediaDir = path.join(imagesDir, 'media');

const writers = { floppy: writeFloppy, 'cd-and-stick': writeDisc } as const;

// Makes an image in a folder.
export function makeImage(
  image: Image,
  progress: Progress,
  folder: string = mediaDir,
): Promise<MadeImage> {
  return withScratch('image', async (work) => {
    const contents = await contentsOf(image, work, progress);
    const made = path.join(work, image.file);
    progress.update(`writing ${image.file}`);
    const free = await writers[image.medium](contents, made, work);
    const bytes = (await stat(made)).size;
    checkSize(image, bytes);
    await mkdir(folder, { recursive: true });
    const place = path.join(folder, image.file);
    await copyFileAtomic(made, place);
    return {
      image,
      path: place,
      bytes,
      free: free ?? image.bytes - bytes,
      kernelBytes: contents.kernel.length,
      filesBytes: contents.files.length,
      sha256: await sha256File(place),
    };
  });
}

function checkSize({ name, medium, bytes }: Image, size: number): void {
  const good = medium === 'floppy' ? size === bytes : size <= bytes;
  if (good) return;
  throw new UserError(`the ${name} image has ${size} bytes; it may have ${bytes}`);
}
