// Modelled cycles of a training step, or of a whole run, kept in a folder under a hash of the program and its arguments,
// since modelling one takes minutes.
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Target } from '../build/targets.ts';
import { UserError } from '../support/errors.ts';
import { readTextIfThere, writeFileAtomic } from '../support/files.ts';
import { sha256File, sha256Json } from '../support/hash.ts';
import { parseObject } from '../support/json.ts';
import { type ModelledProgram, modelRow, modelRun, openTarget } from './model.ts';
import type { CycleReport } from './p6_cycles.ts';
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
  cyclesOf(
    name: string,
    args: readonly string[],
    onStart: () => void,
    form?: 'fast' | 'fp32-sse',
  ): Promise<StepCycles>;
  /** A whole run of the program with these arguments, and with inputs of these SHA-256s. */
  cyclesOfRun(
    name: string,
    args: readonly string[],
    inputs: readonly string[],
    onStart: () => void,
  ): Promise<StepCycles>;
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
  const kept = async (name: string, key: object, model: () => Promise<CycleReport>) => {
    const hash = sha256Json({ sha256, ...key }).slice(0, HASH_DIGITS);
    const file = path.join(folder, `${name}-${hash}.json`);
    const known = parseCycles(await readTextIfThere(file));
    if (known) return known;
    const { core, withMisses } = (await model()).total;
    const cycles = { core: Math.round(core), with_misses: Math.round(withMisses) };
    await mkdir(folder, { recursive: true });
    await writeFileAtomic(file, `${JSON.stringify(cycles)}\n`);
    return cycles;
  };
  return {
    cyclesOf: (name, args, onStart, form = 'fast') =>
      kept(name, form === 'fast' ? { args } : { args, form }, () => {
        onStart();
        return modelStep(program, form, args);
      }),
    cyclesOfRun: (name, args, inputs, onStart) =>
      kept(name, { args, inputs }, () => {
        onStart();
        return modelRun(program, args);
      }),
  };
}

async function modelStep(
  program: ModelledProgram,
  form: string,
  args: readonly string[],
): Promise<CycleReport> {
  const found = await modelRow(program, 'step', form, args);
  if (!found) throw new UserError(`bench has no row "step" in the form ${form}`);
  return found.cycles;
}

// What is kept of a step; a file that is damaged is none.
function parseCycles(text = ''): StepCycles | undefined {
  const { core, with_misses } = parseObject(text) ?? {};
  if (typeof core !== 'number' || typeof with_misses !== 'number') return undefined;
  return { core, with_misses };
}
