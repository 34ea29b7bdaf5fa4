// `npm run emu:put`: files of this machine onto the disk of a laptop that is off.
import type { Command } from 'commander';
import { checkNames, putFiles } from '../laptop/disk_files.ts';
import { fileSystemOf } from '../laptop/disk_image.ts';
import { readableFile } from '../stories/text.ts';
import { provide } from '../support/setup.ts';

// Adds the command to the program.
export function registerEmuPut(program: Command): void {
  program
    .command('emu-put')
    .description('put files onto the disk of a laptop that is off, under their own names')
    .argument('<files...>', 'files of this machine')
    .requiredOption('--disk <file>', 'image of the disk, as emu-shell makes it')
    .action(emuPut);
}

async function emuPut(files: readonly string[], { disk }: { disk: string }): Promise<void> {
  await fileSystemOf(disk);
  for (const file of files) await readableFile(file, 'file', 'Name another.');
  checkNames(files);
  await provide(['disks']);
  await putFiles(disk, files);
  console.log(`${files.length} ${files.length === 1 ? 'file is' : 'files are'} on ${disk}`);
}
