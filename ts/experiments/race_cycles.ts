// Modelled cycles of the race: a step of each model, and what a ternary training does beside its
// steps: reading the text, counting its n-grams, fitting the gates.
import path from 'node:path';
import { findTarget, groupsOfTargets } from '../build/targets.ts';
import { openStepModel } from '../counting/kept_steps.ts';
import { firstP6Machine } from '../counting/p6_machines.ts';
import type { Progress } from '../support/progress.ts';
import { provide } from '../support/setup.ts';
import { type Identity, optionArgs } from './runs.ts';
import type { ExperimentOptions } from './settings.ts';

// In cycles, with misses; and the clock in Hz.
export interface RaceCycles {
  clock: number;
  ternary: number;
  float32: number;
  /** Of a training without counts and of one with counts, beside its steps. */
  alone: number;
  withCounts: number;
}

const BUILD = 'p3';

// Models what is not kept yet.
export async function modelRace(
  options: ExperimentOptions,
  { textSha256 }: Identity,
  progress: Progress,
): Promise<RaceCycles> {
  const target = findTarget(BUILD);
  await provide([...groupsOfTargets([target]), 'valgrind']);
  const machine = firstP6Machine('pentium3');
  const folder = path.join(path.resolve(options.out), 'cycles');
  const model = await openStepModel(target, machine, folder);
  const { layers, heads, dim, context, batch } = options;
  const shape = optionArgs({ layers, heads, dim, context, batch });
  const inputs = [textSha256];
  const tell = (what: string) => () => progress.update(`modelling ${what}`, what);
  const step = async (form: 'fast' | 'fp32-sse') =>
    (await model.cyclesOf(form, shape, tell(`a step, ${form}`), form)).with_misses;
  const whole = async (counts: readonly string[]) => {
    const one = ['--steps', '1', ...counts, '--out', 'none'];
    const args = ['train', '--text', path.resolve(options.text), ...shape, ...one];
    return (await model.cyclesOfRun('train', args, inputs, tell('a training of one step')))
      .with_misses;
  };
  const ternary = await step('fast');
  const beside = async (counts: readonly string[]) => Math.max(0, (await whole(counts)) - ternary);
  return {
    clock: machine.clock,
    ternary,
    float32: await step('fp32-sse'),
    alone: await beside(['--counts', 'none']),
    withCounts: await beside([]),
  };
}
