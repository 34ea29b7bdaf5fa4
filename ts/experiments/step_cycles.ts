// Modelled cycles of one training step of each method, on the first Pentium III of the cycle model.
// What is modelled is kept beside the runs, under a hash of the program and the arguments.
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { findTarget, groupsOfTargets } from '../build/targets.ts';
import { type ModelledProgram, modelRow, openTarget } from '../counting/model.ts';
import { firstP6Machine } from '../counting/p6_machines.ts';
import { UserError } from '../support/errors.ts';
import { readTextIfThere, writeFileAtomic } from '../support/files.ts';
import { sha256File, sha256Json } from '../support/hash.ts';
import { parseObject } from '../support/json.ts';
import { createLimit } from '../support/limit.ts';
import type { Progress } from '../support/progress.ts';
import { provide } from '../support/setup.ts';
import type { Run } from './runs.ts';
import type { ExperimentOptions } from './settings.ts';

// What one step takes.
export interface StepCycles {
  core: number;
  with_misses: number;
}

// By the name of a method, as methodOf gives it.
export type CyclesByMethod = ReadonlyMap<string, StepCycles>;

// The build whose steps are modelled, and the processor that it is for.
const BUILD = 'p3';
const PROCESSOR = 'pentium3';

const HASH_DIGITS = 10;

// A method: what a step's work depends on, whatever the seed.
export function methodOf({ scheme, optimizer }: Run): string {
  return `${scheme}-${optimizer}`;
}

// The arguments of bench for a step of a run.
export function benchArgsOf(
  { scheme, optimizer }: Run,
  { layers, heads, dim, context, batch }: ExperimentOptions,
): string[] {
  const given = { scheme, optimizer, layers, heads, dim, context, batch };
  return Object.entries(given).flatMap(([name, value]) => [`--${name}`, String(value)]);
}

// Models a step of every method of the runs that is not kept yet; gives them all.
export async function modelSteps(
  runs: readonly Run[],
  options: ExperimentOptions,
  progress: Progress,
): Promise<CyclesByMethod> {
  const target = findTarget(BUILD);
  await provide([...groupsOfTargets([target]), 'valgrind']);
  const program = await openTarget(target, firstP6Machine(PROCESSOR));
  const work = { program, sha256: await sha256File(program.file), options, progress };
  const methods = new Map(runs.filter(({ memory }) => !memory).map((run) => [methodOf(run), run]));
  const limit = createLimit(options.jobs);
  const each = async (run: Run) =>
    [methodOf(run), await limit(() => modelStep(run, work))] as const;
  return new Map(await Promise.all([...methods.values()].map(each)));
}

interface Work {
  program: ModelledProgram;
  sha256: string;
  options: ExperimentOptions;
  progress: Progress;
}

// A step of one method, as it is kept or modelled now.
async function modelStep(run: Run, { program, sha256, options, progress }: Work) {
  const [method, args] = [methodOf(run), benchArgsOf(run, options)];
  const hash = sha256Json({ sha256, args }).slice(0, HASH_DIGITS);
  const file = path.join(path.resolve(options.out), 'cycles', `${method}-${hash}.json`);
  const kept = parseCycles(await readTextIfThere(file));
  if (kept) return kept;
  progress.update(`${method}: modelling the cycles of a step`, method);
  const found = await modelRow(program, 'step', 'fast', args);
  if (!found) throw new UserError(`${method}: bench has no row "step"`);
  const { core, withMisses } = found.cycles.total;
  const cycles: StepCycles = { core: Math.round(core), with_misses: Math.round(withMisses) };
  await mkdir(path.dirname(file), { recursive: true });
  await writeFileAtomic(file, `${JSON.stringify(cycles)}\n`);
  return cycles;
}

// What is kept of a method; a file that is damaged is none.
function parseCycles(text = ''): StepCycles | undefined {
  const { core, with_misses } = parseObject(text) ?? {};
  if (typeof core !== 'number' || typeof with_misses !== 'number') return undefined;
  return { core, with_misses };
}
