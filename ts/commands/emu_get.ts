// `npm run emu:get`: files from the disk of a laptop that is off.
import type { Command } from 'commander';
import { checkOutputs } from '../../scripts/output.mjs';
import { getFiles, placeIn } from '../laptop/disk_files.ts';
import { fileSystemOf } from '../laptop/disk_image.ts';
import { displayPath } from '../support/paths.ts';
import { provide } from '../support/setup.ts';

interface GetOptions {
  disk: string;
  to: string;
  force?: boolean;
}

// Adds the command to the program.
export function registerEmuGet(program: Command): void {
  program
    .command('emu-get')
    .description('get files from the disk of a laptop that is off')
    .argument('<names...>', 'files on the disk, with / between folders')
    .requiredOption('--disk <file>', 'image of the disk')
    .option('--to <folder>', 'where they go', '.')
    .option('--force', 'write over files that are there')
    .action(emuGet);
}

async function emuGet(names: readonly string[], { disk, to, force }: GetOptions): Promise<void> {
  await fileSystemOf(disk);
  const outputs = names.map((name) => ({
    path: placeIn(to, name),
    option: '--to',
    beside: true,
    force: force ?? false,
  }));
  await checkOutputs(outputs, [{ path: disk, option: '--disk' }]);
  await provide(['disks']);
  await getFiles(disk, names, to);
  for (const { path } of outputs) console.log(displayPath(path));
}
