// What a laptop with disks starts from, built, fetched and read: the kernel with drivers for them, and the
// files of shell_boot.ts, which puts it together.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { buildTarget } from '../build/build.ts';
import { findTarget } from '../build/targets.ts';
import { ensureI386Program, type I386Program } from '../guest/i386_program.ts';
import { ensureShellInit } from '../guest/init.ts';
import { diskKernel, ensureKernel, kernelCommandLine } from '../guest/kernel.ts';
import type { Machine } from '../guest/machines.ts';
import type { BootParts } from '../guest/multiboot.ts';
import { rootDir } from '../support/paths.ts';
import type { Progress } from '../support/progress.ts';
import type { FileSystem } from './disk_image.ts';
import { fileSystems } from './disk_image.ts';
import { BUNDLED, type ShellOrder, shellBoot } from './shell_boot.ts';

// What is to be booted.
export interface LaptopContents extends Omit<ShellOrder, 'disk'> {
  machine: Machine;
  fileSystem?: FileSystem | undefined;
  /** Further files, path inside -> bytes. */
  files?: Readonly<Record<string, Uint8Array>>;
  /** Whether the bundled model and its stories are there, which take RAM. */
  bundled: boolean;
}

// What mends a file system after a power cut.
const CHECKERS = { ext2: 'e2fsck', vfat: 'fsck.fat' } as const;

const HINT = 'apt-get must reach a Debian mirror once; what it brings is kept.';

// Builds and fetches all of it, and puts it together.
export async function laptopContents(
  { machine, fileSystem, files = {}, bundled, ...order }: LaptopContents,
  progress: Progress,
): Promise<BootParts> {
  const disk = fileSystem && fileSystems[fileSystem];
  const bundledFiles = bundled ? await Promise.all(BUNDLED.map(bundledFile)) : [];
  return shellBoot({
    ...{ ...order, disk },
    ramBytes: machine.ramMb * 1024 * 1024,
    commandLine: kernelCommandLine.join(' '),
    ...(await partsOf(machine, disk && CHECKERS[disk.kind], progress)),
    files: { ...Object.fromEntries(bundledFiles), ...files },
  });
}

async function partsOf({ build }: Machine, checker: I386Program | undefined, progress: Progress) {
  const onStep = (target: string, step: string) =>
    progress.update(`building ${target}: ${step}`, target);
  const { kernel, init, busybox } = await ensureShellParts(progress);
  const { program } = await buildTarget(findTarget(build), { onStep });
  return {
    kernel: await readFile(kernel),
    init: await readFile(init),
    program: await readFile(program),
    busybox: await readFile(busybox),
    checker: checker === undefined ? {} : await readProgram(checker, progress),
  };
}

// The files of every laptop with a shell, whatever its processor.
export async function ensureShellParts(progress: Progress) {
  const onPhase = (phase: string) => progress.update(phase, phase.replace(/ \d+ of.*/, ''));
  return {
    kernel: await ensureKernel({ kernel: diskKernel, onPhase }),
    init: await ensureShellInit(),
    busybox: (await fetched('busybox', progress))['/bin/busybox'],
  };
}

function fetched<Name extends I386Program>(name: Name, progress: Progress) {
  return ensureI386Program(name, { log: (line) => progress.line(line), hint: HINT });
}

// The bytes of each file of a program, by its path inside.
async function readProgram(name: I386Program, progress: Progress) {
  const files: Readonly<Record<string, string>> = await fetched(name, progress);
  const read = Object.entries(files).map(
    async ([inside, file]) => [inside, await readFile(file)] as const,
  );
  return Object.fromEntries(await Promise.all(read));
}

async function bundledFile(inside: string) {
  return [inside, await readFile(path.join(rootDir, inside))] as const;
}
