// A copy of this checkout, as it is now, without what was built in it: for work that is to begin from
// nothing, or must not disturb what is here.
import { cp, symlink } from 'node:fs/promises';
import path from 'node:path';
import { rootDir } from './paths.ts';

const LEFT_OUT: ReadonlySet<string> = new Set(['.git', 'images', 'node_modules', 'reports']);

// Copies it into a folder that is not there yet, with the times of its files, so that make knows what
// was built of them. The npm packages are those of this checkout.
export async function copyCheckout(folder: string): Promise<void> {
  const isMeant = (file: string) => !LEFT_OUT.has(path.relative(rootDir, file));
  await cp(rootDir, folder, { recursive: true, preserveTimestamps: true, filter: isMeant });
  await symlink(path.join(rootDir, 'node_modules'), path.join(folder, 'node_modules'));
}
