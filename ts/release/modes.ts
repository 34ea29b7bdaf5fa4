// The modes of files that are handed to others: the same for everybody, whatever this user's umask.
import { chmod, readdir } from 'node:fs/promises';
import path from 'node:path';

// Gives all that is in a folder, and the folder itself, their modes: folders and programs can be opened.
export async function setModes(
  folder: string,
  isProgram: (file: string) => boolean,
): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    await chmod(file, entry.isDirectory() || isProgram(file) ? 0o755 : 0o644);
  }
}
