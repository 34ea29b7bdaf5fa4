// The machines that can be emulated: emu/machines.json, read and checked.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../support/errors.ts';
import { rootDir } from '../support/paths.ts';
import { rowNamed } from '../support/rows.ts';
import { cpus } from './cpuid.ts';
import type { Machine } from './machine.ts';

export type { EmulatorName, Machine } from './machine.ts';

// Below this the kernel and its files leave too little for a program.
export const MIN_RAM_MB = 8;
// Above this a kernel without high memory does not use all of it.
export const MAX_RAM_MB = 768;

const file = path.join(rootDir, 'emu', 'machines.json');

// All machines; the first is the default.
export function loadMachines(text: string = readFileSync(file, 'utf8')): Machine[] {
  const rows: unknown = JSON.parse(text);
  if (!Array.isArray(rows) || rows.length === 0) throw bad('it must be a list of machines');
  const machines = rows.map(checkMachine);
  const names = new Set(machines.map(({ name }) => name));
  if (names.size !== machines.length) throw bad('two machines have the same name');
  return machines;
}

// The laptops among them.
export function loadLaptops(): Machine[] {
  return loadMachines().filter(({ emulator }) => emulator === 'v86');
}

// The machine of that name.
export function findMachine(name: string): Machine {
  return findIn(loadMachines(), name);
}

// The laptop of that name (default: the first), with another amount of RAM when asked.
export function findLaptop(name?: string, ramMb?: number): Machine {
  const machine = findIn(loadLaptops(), name);
  if (ramMb === undefined) return machine;
  if (!isRam(ramMb)) {
    const range = `${MIN_RAM_MB} to ${MAX_RAM_MB}`;
    throw new UserError(`--ram ${ramMb}: give whole megabytes, from ${range}`, { exitCode: 2 });
  }
  return { ...machine, ramMb, title: `${machine.title.replace(/, \d+ MB$/, '')}, ${ramMb} MB` };
}

// The first one where none is named.
function findIn(machines: readonly Machine[], name = machines[0]?.name ?? ''): Machine {
  return rowNamed(machines, name, 'machine');
}

function checkMachine(row: unknown): Machine {
  const machine = row as Partial<Machine>;
  const { name, title, ramMb, cpu, mips, build } = machine;
  if (typeof name !== 'string' || typeof title !== 'string')
    throw bad('a row has no name or title');
  if (!isRam(ramMb)) throw bad(`${name}: ramMb`);
  if (typeof cpu !== 'string' || !(cpu in cpus)) throw bad(`${name}: cpu`);
  if (typeof mips !== 'number' || !(mips > 0)) throw bad(`${name}: mips`);
  if (build !== 'p2' && build !== 'p3') throw bad(`${name}: build`);
  return { name, title, ramMb, cpu, mips, build, ...checkEmulator(machine) };
}

function checkEmulator(machine: Partial<Machine>) {
  const { name, emulator = 'v86', model, cacheKb, limitSeconds } = machine;
  if (!['v86', 'bochs', 'qemu'].includes(emulator)) throw bad(`${name}: emulator`);
  if ((typeof model === 'string') !== (emulator !== 'v86')) throw bad(`${name}: model`);
  if (!isCount(cacheKb)) throw bad(`${name}: cacheKb`);
  if (!isCount(limitSeconds)) throw bad(`${name}: limitSeconds`);
  return {
    emulator,
    ...(model && { model }),
    ...(cacheKb && { cacheKb }),
    ...(limitSeconds && { limitSeconds }),
  };
}

// A number above zero, or none.
function isCount(value: unknown): boolean {
  return value === undefined || Number(value) > 0;
}

function isRam(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= MIN_RAM_MB && Number(value) <= MAX_RAM_MB;
}

function bad(what: string): UserError {
  return new UserError(`emu/machines.json: ${what}`, { hint: 'See emu/README.md for the fields.' });
}
