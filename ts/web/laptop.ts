// What the laptops of the page start from, made here so that the page need not: the kernel, its init, the
// program in a build for each processor, v86, what a shell takes beside them, and what the page has to know.
// The page puts them together as `npm run emu:train` and `npm run emu:shell` do; only the word that opens
// the frames is always the same there.
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { buildTarget } from '../build/build.ts';
import { findTarget } from '../build/targets.ts';
import { ensureInit } from '../guest/init.ts';
import { ensureKernel, kernelCommandLine } from '../guest/kernel.ts';
import { loadLaptops } from '../guest/machines.ts';
import { programInside, TOKEN_BYTES } from '../guest/run.ts';
import { v86WasmPath } from '../guest/v86.ts';
import { ensureShellParts } from '../laptop/contents.ts';
import { groupsOfRunners } from '../runs/runners.ts';
import type { Progress } from '../support/progress.ts';
import type { Group } from '../support/setup.ts';
import type { LaptopKit } from './laptop_kit.ts';

const TOKEN = '5eed'.repeat(TOKEN_BYTES / 2);

// What has to be set up for it.
export function groupsOfLaptop(): Group[] {
  const runners = loadLaptops().map(({ name, build }) => ({ name, target: build, machine: name }));
  return groupsOfRunners(runners);
}

// Writes laptop.json and all it needs into a folder.
export async function makeLaptopKit(folder: string, progress: Progress): Promise<void> {
  const onPhase = (words: string) => progress.update(words, 'building');
  const machines = loadLaptops();
  const programs = new Map<string, string>();
  for (const build of new Set(machines.map((machine) => machine.build))) {
    const onStep = (target: string, step: string) => onPhase(`building: ${target} ${step}`);
    programs.set(build, (await buildTarget(findTarget(build), { onStep })).program);
  }
  const [program = ''] = programs.values();
  const kit: LaptopKit = {
    ...{ machines, commandLine: kernelCommandLine.join(' '), token: TOKEN },
    programInside: programInside(program),
  };
  const shell = await ensureShellParts(progress);
  const copies = {
    'kernel.bin': await ensureKernel({ onPhase }),
    'init.bin': await ensureInit(),
    'v86.wasm': v86WasmPath(),
    'shell_kernel.bin': shell.kernel,
    'shell_init.bin': shell.init,
    'busybox.bin': shell.busybox,
    ...Object.fromEntries([...programs].map(([build, file]) => [`${build}.bin`, file])),
  };
  await mkdir(folder, { recursive: true });
  for (const [name, file] of Object.entries(copies)) await copyFile(file, path.join(folder, name));
  await writeFile(path.join(folder, 'laptop.json'), `${JSON.stringify(kit)}\n`);
}
