// What the jobs of a sweep work with: the built program, the limits, and what models cycles.
import path from 'node:path';
import { builtProgram } from '../build/program.ts';
import { findTarget, groupsOfTargets } from '../build/targets.ts';
import { openStepModel } from '../counting/kept_steps.ts';
import { firstP6Machine, type P6Machine } from '../counting/p6_machines.ts';
import { UserError } from '../support/errors.ts';
import { sha256File, sha256Json } from '../support/hash.ts';
import type { Progress } from '../support/progress.ts';
import { provide } from '../support/setup.ts';
import { needsCycles } from './budget.ts';
import type { SweepLine } from './journal.ts';
import { benchArgsOf } from './options.ts';
import type { Setting } from './space.ts';
import type { Sweep } from './sweep.ts';
import type { Workshop } from './trial.ts';

const MEGABYTE = 2 ** 20;

// Bytes of memory that a trial may take.
export function ramOf({ budget, machine }: Sweep): number {
  return budget.ram ?? machine.ramMb * MEGABYTE;
}

// The machine of the cycle model that stands for the laptop.
export function p6MachineOf({ machine }: Sweep): P6Machine {
  return firstP6Machine(machine.build === 'p3' ? 'pentium3' : 'pentium2');
}

// What the results depend on.
export async function headOf(sweep: Sweep, { program, text }: Workshop): Promise<SweepLine> {
  const { search, metric, budget, machine, target, minutes } = sweep;
  return {
    event: 'sweep',
    sweep: sha256Json({ search, metric, budget, machine, target, minutes }),
    text: await sha256File(text),
    program: program.sha256,
  };
}

// Sets up and builds the program and, where the budget asks for cycles or `modelled` does, what models
// them; `out` is the folder of the sweep.
export async function openWorkshop(
  sweep: Sweep,
  { text, out, modelled }: { text: string; out: string; modelled: boolean },
  progress: Progress,
): Promise<Workshop> {
  const { metric, budget, machine, minutes } = sweep;
  const target = findTarget(sweep.target);
  if (target.run !== 'direct') {
    const words = `target ${target.name}: a trial needs a build that runs by itself`;
    throw new UserError(words, { exitCode: 2 });
  }
  const cycles = modelled || needsCycles(budget);
  const groups = groupsOfTargets(cycles ? [target, findTarget(machine.build)] : [target]);
  await provide(cycles ? [...groups, 'valgrind'] : groups);
  const program = await builtProgram(sweep.target, progress);
  progress.clear();
  return {
    ...{ program, text, folder: trialsOf(out), metric, budget, ram: ramOf(sweep) },
    ...{ clock: p6MachineOf(sweep).clock, onStep: () => {} },
    ...(minutes !== undefined && { minutes }),
    ...(cycles && { cyclesOf: await stepModel(sweep, out, progress) }),
  };
}

async function stepModel(sweep: Sweep, out: string, progress: Progress) {
  const target = findTarget(sweep.machine.build);
  const model = await openStepModel(target, p6MachineOf(sweep), path.join(out, 'cycles'));
  const tell = () => progress.update('modelling the cycles of a step', 'cycles');
  return async (setting: Setting, vocab: number) => {
    const args = benchArgsOf(setting, vocab);
    return (await model.cyclesOf('step', args, tell)).with_misses;
  };
}

// Where the checkpoints of the trials are, in the folder of a sweep.
export function trialsOf(out: string): string {
  return path.join(out, 'trials');
}
