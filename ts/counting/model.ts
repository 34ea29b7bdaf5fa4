// Models the cycles of one repeat of a row of `bench`, or of a whole run of any i386 program: profiles
// it here and lays the profile over its instructions.
import { open } from 'node:fs/promises';
import { buildTarget } from '../build/build.ts';
import { disassembleText, type Instruction, readDisassembly } from '../build/disassembly.ts';
import { countedTarget, type Target } from '../build/targets.ts';
import { parseBench } from '../program/bench_rows.ts';
import { UserError } from '../support/errors.ts';
import { benchArgs } from './callgrind.ts';
import { type CycleReport, modelCycles, type P6Table, p6Table } from './p6_cycles.ts';
import type { P6Machine } from './p6_machines.ts';
import type { Precision } from './p6_table.ts';
import { type Profile, profileRun, subtractProfile } from './profile.ts';

// A program with all that modelling it needs.
export interface ModelledProgram {
  file: string;
  instructions: readonly Instruction[];
  table: P6Table;
  machine: P6Machine;
}

// What one repeat of a row takes, or of all rows of a group.
export interface RowCycles {
  row: string;
  form: string;
  /** How many units one repeat has: tokens, weights; of a group, its first row. */
  units: number;
  cycles: CycleReport;
}

const ELF_OF_32_BITS = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 1]);
const ELF_HEADER = 20;
const MACHINE_PLACE = 18;
const I386 = 3;

// Throws where a file is no i386 program.
export async function checkI386(file: string): Promise<void> {
  const head = Buffer.alloc(ELF_HEADER);
  try {
    const handle = await open(file);
    await handle.read(head, 0, ELF_HEADER).finally(() => handle.close());
  } catch {
    throw new UserError(`--program ${file}: it cannot be read`, { exitCode: 2 });
  }
  const isElf = head.subarray(0, ELF_OF_32_BITS.length).equals(ELF_OF_32_BITS);
  if (isElf && head.readUInt16LE(MACHINE_PLACE) === I386) return;
  throw new UserError(`--program ${file}: it is no i386 program`, {
    hint: 'The cycle model knows programs of a Pentium II or III: gcc -m32 -static makes one.',
    exitCode: 2,
  });
}

// Builds a target as valgrind runs it, and disassembles that for a machine.
export async function openTarget(target: Target, machine: P6Machine): Promise<ModelledProgram> {
  const { program } = await buildTarget(countedTarget(target));
  return openProgram(program, machine, 'single');
}

// Disassembles a program for a machine.
export async function openProgram(
  file: string,
  machine: P6Machine,
  precision: Precision,
): Promise<ModelledProgram> {
  const instructions = readDisassembly(await disassembleText(file));
  return { file, instructions, table: p6Table(precision, machine.processor), machine };
}

// One row in one form: two repeats less one. Nothing where the row has no such form.
export async function modelRow(
  program: ModelledProgram,
  row: string,
  form: string,
  options: readonly string[],
): Promise<RowCycles | undefined> {
  const profile = (repeats: number) =>
    profileRun(program.file, benchArgs(row, form, repeats, options), program.machine);
  const [once, twice] = await Promise.all([profile(1), profile(2)]);
  const [found] = parseBench(once.stdout).rows;
  if (!found) return undefined;
  const cycles = model(program, subtractProfile(twice.profile, once.profile));
  return { row, form, units: found.units, cycles };
}

// A whole run, its start included.
export async function modelRun(
  program: ModelledProgram,
  args: readonly string[],
): Promise<CycleReport> {
  return model(program, (await profileRun(program.file, args, program.machine)).profile);
}

function model({ instructions, table, machine }: ModelledProgram, profile: Profile): CycleReport {
  return modelCycles(profile, instructions, table, machine);
}
