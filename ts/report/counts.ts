// Turns pairs of runs on the laptop into the rows of a report.

import { parseBench } from '../program/bench_rows.ts';
import { lastEvent } from '../program/events.ts';
import type { ShapeSettings } from '../program/train_options.ts';
import { UserError } from '../support/errors.ts';
import { benchCommand, shapeCommand } from './commands.ts';
import type { MemoryFacts, PhaseCount, ScalingPoint } from './data.ts';
import type { Pair, PairRuns } from './laptop.ts';
import {
  FORMS,
  PHASES,
  SCALING_AXES,
  SCALING_BASE,
  SCALING_SETTINGS,
  SCALING_STEPS,
} from './scenario.ts';

// A phase of the bench in one form.
export interface PhaseForm {
  phase: string;
  form: string;
}

// A shape of the scaling table.
export interface ScalingShape {
  shape: ShapeSettings;
  /** The places in the table that this shape fills. */
  places: Pick<ScalingPoint, 'axis' | 'size'>[];
}

// Each phase in each form, twice and once.
export function phasePairs(shape: string[]): Pair<PhaseForm>[] {
  return PHASES.flatMap((phase) =>
    FORMS.map((form) => ({
      what: { phase, form },
      long: benchCommand(phase, form, 2, shape),
      short: benchCommand(phase, form, 1, shape),
    })),
  );
}

// What one repeat of a phase takes; nothing where the phase has no such form.
export function phaseCount({ what, long, short }: PairRuns<PhaseForm>): PhaseCount | undefined {
  const output = parseBench(short.stdout);
  const row = output.rows.find(({ name }) => name === what.phase);
  if (!row && output.arena !== null) return undefined;
  if (!row) throw new UserError(`bench printed nothing of ${what.phase} in form ${what.form}`);
  const { unit, units, macs, bytes } = row;
  return {
    ...what,
    instructions: long.instructions - short.instructions,
    unit,
    units,
    macs,
    bytes,
  };
}

// A pair for each shape of the scaling table; one that lies on several axes comes once.
export function scalingPairs(): Pair<ScalingShape>[] {
  const shapes = new Map<string, ScalingShape>();
  for (const { name: axis, sizes } of SCALING_AXES) {
    for (const size of sizes) {
      const shape = { ...SCALING_BASE, [axis]: size, steps: SCALING_STEPS.long };
      const key = JSON.stringify(shape);
      const before = shapes.get(key) ?? { shape, places: [] };
      shapes.set(key, { shape, places: [...before.places, { axis, size }] });
    }
  }
  return [...shapes.values()].map((what) => ({
    what,
    long: shapeCommand({ ...what.shape, ...SCALING_SETTINGS }),
    short: shapeCommand({ ...what.shape, ...SCALING_SETTINGS, steps: SCALING_STEPS.short }),
  }));
}

// The places of a shape in the table, filled.
export function scalingPoints({ what, long, short }: PairRuns<ScalingShape>): ScalingPoint[] {
  const steps = SCALING_STEPS.long - SCALING_STEPS.short;
  const { batch, context } = what.shape;
  const filled = {
    tokensPerStep: batch * context,
    instructions: Math.round((long.instructions - short.instructions) / steps),
    memory: memoryOf(long.stdout, long.maxRssKb * 1024),
  };
  return what.places.map((place) => ({ ...place, ...filled }));
}

// Plan and cap as a training printed them, beside what it used.
export function memoryOf(output: string, peak: number): MemoryFacts {
  const plan = lastEvent(output, 'plan');
  if (!plan) throw new UserError('the training printed no "plan" line');
  const known = (bytes: number) => (bytes > 0 ? bytes : null);
  return { plan: plan.total_bytes, peak: known(peak), cap: known(plan.ram_bytes) };
}
