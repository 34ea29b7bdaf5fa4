// Refuses a training that cannot fit a laptop before the laptop is started.
import { stat } from 'node:fs/promises';
import type { Machine } from '../guest/machines.ts';
import { UserError } from '../support/errors.ts';
import { exec } from '../support/exec.ts';
import { lastEvent, type PlanEvent } from './events.ts';
import { type TrainSettings, trainArgs } from './settings.ts';
import { kilobytes } from './sizes.ts';

// Kernel, tables and reserves take more than this of any laptop's RAM (64 MB: 7,800 kB measured).
const SYSTEM_BYTES = 4 * 1024 * 1024;

export interface PlannedTraining {
  /** The native program: it prints the plan. */
  program: string;
  settings: TrainSettings;
  text: string;
}

// Throws when the plan is larger than the laptop could ever have free. A plan between that and what
// is free in truth is refused by the program itself, inside.
export async function checkPlanFits(machine: Machine, training: PlannedTraining): Promise<void> {
  const plan = await readPlan(training);
  const most = machine.ramMb * 1024 * 1024 - SYSTEM_BYTES - (await stat(training.text)).size;
  if (plan.total_bytes <= most) return;
  const need = kilobytes(plan.total_bytes);
  throw new UserError(
    `the training needs ${need}; ${machine.name} has at most ${kilobytes(most)} for it`,
    {
      hint:
        `${planTable(plan)}\n` +
        'Smaller --dim, --layers, --context or --batch, --recompute block, or more --ram.',
      exitCode: 2,
    },
  );
}

async function readPlan({ program, settings, text }: PlannedTraining): Promise<PlanEvent> {
  const args = ['plan', '--text', text, ...trainArgs(settings), '--json'];
  const { stdout } = await exec(program, args, { what: 'the memory plan' });
  const plan = lastEvent(stdout, 'plan');
  if (!plan) throw new UserError('the program printed no memory plan', { hint: stdout.trim() });
  return plan;
}

// The plan's items, one a line, largest first; without those that take nothing.
export function planTable(plan: PlanEvent): string {
  const items = plan.items.filter(({ bytes }) => bytes > 0).sort((a, b) => b.bytes - a.bytes);
  const width = Math.max(0, ...items.map(({ name }) => name.length));
  return items.map(({ name, bytes }) => `${name.padEnd(width)}  ${kilobytes(bytes)}`).join('\n');
}
