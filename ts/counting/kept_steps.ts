// Modelled cycles of a training step, kept in a folder under a hash of the program and its arguments,
// since modelling one takes minutes.
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Target } from '../build/targets.ts';
import { UserError } from '../support/errors.ts';
import { readTextIfThere, writeFileAtomic } from '../support/files.ts';
import { sha256File, sha256Json } from '../support/hash.ts';
import { parseObject } from '../support/json.ts';
import { type ModelledProgram, modelRow, openTarget } from './model.ts';
import type { P6Machine } from './p6_machines.ts';

// What one step takes.
export interface StepCycles {
  core: number;
  with_misses: number;
}

// Models steps of the build that it was opened with.
export interface StepModel {
  /** A step as `bench` does it with these arguments; `name` is a part of the file it is kept in, and
   * `onStart` is called where it has to be modelled. */
  cyclesOf(name: string, args: readonly string[], onStart: () => void): Promise<StepCycles>;
}

const HASH_DIGITS = 10;

// Builds a target as valgrind runs it; what is modelled is kept in the folder.
export async function openStepModel(
  target: Target,
  machine: P6Machine,
  folder: string,
): Promise<StepModel> {
  const program = await openTarget(target, machine);
  const sha256 = await sha256File(program.file);
  return {
    async cyclesOf(name, args, onStart) {
      const hash = sha256Json({ sha256, args }).slice(0, HASH_DIGITS);
      const file = path.join(folder, `${name}-${hash}.json`);
      const kept = parseCycles(await readTextIfThere(file));
      if (kept) return kept;
      onStart();
      const cycles = await modelStep(program, name, args);
      await mkdir(folder, { recursive: true });
      await writeFileAtomic(file, `${JSON.stringify(cycles)}\n`);
      return cycles;
    },
  };
}

async function modelStep(
  program: ModelledProgram,
  name: string,
  args: readonly string[],
): Promise<StepCycles> {
  const found = await modelRow(program, 'step', 'fast', args);
  if (!found) throw new UserError(`${name}: bench has no row "step"`);
  const { core, withMisses } = found.cycles.total;
  return { core: Math.round(core), with_misses: Math.round(withMisses) };
}

// What is kept of a step; a file that is damaged is none.
function parseCycles(text = ''): StepCycles | undefined {
  const { core, with_misses } = parseObject(text) ?? {};
  if (typeof core !== 'number' || typeof with_misses !== 'number') return undefined;
  return { core, with_misses };
}
