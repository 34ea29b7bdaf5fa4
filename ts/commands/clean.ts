// `legacy-llm clean`: removes what was built in this checkout; the shared cache only when asked.
import { rm } from 'node:fs/promises';
import type { Command } from 'commander';
import { exists } from '../support/files.ts';
import { cacheDir, displayPath, imagesDir } from '../support/paths.ts';

// Adds the command to the program.
export function registerClean(program: Command): void {
  program
    .command('clean')
    .description('remove everything that was built in this checkout (images/)')
    .option('--cache', 'remove the cache shared by all checkouts too: kernel, sysroot, builds')
    .action(async (options: { cache?: boolean }) => {
      const folders = [imagesDir, ...(options.cache ? [cacheDir()] : [])];
      for (const line of await clean(folders)) console.log(line);
    });
}

// Removes the folders that are there; gives a line for each.
export async function clean(folders: readonly string[]): Promise<string[]> {
  const lines: string[] = [];
  for (const folder of folders) {
    const there = await exists(folder);
    await rm(folder, { recursive: true, force: true });
    lines.push(`${displayPath(folder)}: ${there ? 'removed' : 'nothing to remove'}`);
  }
  return lines;
}
