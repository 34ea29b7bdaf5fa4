// Modelled cycles of one training step of each method, on the first Pentium III of the cycle model.
// What is modelled is kept beside the runs.
import path from 'node:path';
import pMap from 'p-map';
import { findTarget, groupsOfTargets } from '../build/targets.ts';
import { openStepModel, type StepCycles } from '../counting/kept_steps.ts';
import { firstP6Machine } from '../counting/p6_machines.ts';
import type { Progress } from '../support/progress.ts';
import { provide } from '../support/setup.ts';
import { optionArgs, type Run } from './runs.ts';
import type { ExperimentOptions } from './settings.ts';

// By the name of a method, as methodOf gives it.
export type CyclesByMethod = ReadonlyMap<string, StepCycles>;

// The build whose steps are modelled, and the processor that it is for.
const BUILD = 'p3';
const PROCESSOR = 'pentium3';

// A method: what a step's work depends on, whatever the seed.
export function methodOf({ scheme, optimizer }: Run): string {
  return `${scheme}-${optimizer}`;
}

// The arguments of bench for a step of a run.
export function benchArgsOf(
  { scheme, optimizer }: Run,
  { layers, heads, dim, context, batch }: ExperimentOptions,
): string[] {
  return optionArgs({ scheme, optimizer, layers, heads, dim, context, batch });
}

// Models a step of every method of the runs that is not kept yet; gives them all.
export async function modelSteps(
  runs: readonly Run[],
  options: ExperimentOptions,
  progress: Progress,
): Promise<CyclesByMethod> {
  const target = findTarget(BUILD);
  await provide([...groupsOfTargets([target]), 'valgrind']);
  const folder = path.join(path.resolve(options.out), 'cycles');
  const model = await openStepModel(target, firstP6Machine(PROCESSOR), folder);
  const methods = new Map(
    runs.filter(({ memory, float32 }) => !memory && !float32).map((run) => [methodOf(run), run]),
  );
  const each = async ([method, run]: [string, Run]) => {
    const tell = () => progress.update(`${method}: modelling the cycles of a step`, method);
    const args = benchArgsOf(run, options);
    return [method, await model.cyclesOf(method, args, tell)] as const;
  };
  return new Map(await pMap(methods, each, { concurrency: options.jobs }));
}
