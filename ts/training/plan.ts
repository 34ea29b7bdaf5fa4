// Refuses a training that cannot fit a laptop before the laptop is started.
import { stat } from 'node:fs/promises';
import { type Machine, mostFree } from '../guest/machine.ts';
import { planCommand } from '../program/command_lines.ts';
import { lastEvent, type PlanEvent } from '../program/events.ts';
import { type TrainSettings, trainArgs } from '../program/train_options.ts';
import type { BuiltRunner } from '../runs/job.ts';
import { runCommand } from '../runs/run.ts';
import { UserError } from '../support/errors.ts';
import { kilobytes } from '../support/sizes.ts';

// A training that may not fit.
export interface PlannedTraining {
  /** The native build: it prints the plan. */
  runner: BuiltRunner;
  settings: TrainSettings;
  text: string;
}

// Throws when the plan is larger than the laptop could ever have free. A plan between that and what
// is free in truth is refused by the program itself, inside.
export async function checkPlanFits(machine: Machine, training: PlannedTraining): Promise<void> {
  const plan = await readPlan(training);
  const most = mostFree(machine, (await stat(training.text)).size);
  if (plan.total_bytes <= most) return;
  const need = kilobytes(plan.total_bytes);
  throw new UserError(
    `the training needs ${need}; ${machine.name} has at most ${kilobytes(most)} for it`,
    {
      hint:
        `${planTable(plan)}\n` +
        'Give a smaller --dim, --layers, --context or --batch, or --recompute block, or more --ram.',
      exitCode: 2,
    },
  );
}

async function readPlan({ runner, settings, text }: PlannedTraining): Promise<PlanEvent> {
  const { stdout } = await runCommand(runner, planCommand(text, trainArgs(settings)));
  const plan = lastEvent(stdout, 'plan');
  if (!plan) throw new UserError('plan printed no memory plan', { hint: stdout.trim() });
  return plan;
}

// The plan's items, one a line, largest first; without those that take nothing.
export function planTable(plan: PlanEvent): string {
  const items = plan.items.filter(({ bytes }) => bytes > 0).sort((a, b) => b.bytes - a.bytes);
  const width = Math.max(0, ...items.map(({ name }) => name.length));
  return items.map(({ name, bytes }) => `${name.padEnd(width)}  ${kilobytes(bytes)}`).join('\n');
}
