// The part of a report that is modelled: what a step and a token take in the cores that the i386 builds
// are for, by the cycle model, of the programs as they run here under valgrind.
import { isScanned } from '../build/scan.ts';
import { findTarget, type ScannedLevel } from '../build/targets.ts';
import { modelRow, openTarget, type RowCycles } from '../counting/model.ts';
import { largestFunctions } from '../counting/p6_cycles.ts';
import { firstP6Machine, type P6Machine } from '../counting/p6_machines.ts';
import { formatSeconds } from '../support/progress.ts';
import type { ModelledWork, RunnerResult } from './data.ts';
import { MODELLED_FORMS, MODELLED_PHASES } from './scenario.ts';
import { attempt, type Session, shapeArgs } from './session.ts';

// Models each i386 build that ran here.
export async function measureCycles(
  session: Session,
  ran: readonly RunnerResult[],
): Promise<ModelledWork[]> {
  const works: ModelledWork[] = [];
  for (const { target, machine, skipped } of ran) {
    const processor = modelledLevel(target, machine);
    if (processor === undefined || skipped !== null) continue;
    const own = await attempt(session, `cycles of ${target}`, () =>
      modelBuild(session, target, firstP6Machine(processor)),
    );
    works.push(...(own ?? []));
  }
  return works;
}

// The processor whose cycles are modelled of what a runner runs; none in a laptop, or of another build.
export function modelledLevel(target: string, machine?: string | null): ScannedLevel | undefined {
  const { level, hidden } = findTarget(target);
  return hidden || machine || !isScanned(level) ? undefined : level;
}

async function modelBuild(
  { progress, settings }: Session,
  target: string,
  machine: P6Machine,
): Promise<ModelledWork[]> {
  const started = performance.now();
  const program = await openTarget(findTarget(target), machine);
  const works: ModelledWork[] = [];
  for (const phase of MODELLED_PHASES) {
    for (const form of MODELLED_FORMS) {
      progress.update(`modelling: ${target}, ${phase}, ${form}`, `modelling ${target}`);
      const row = await modelRow(program, phase, form, shapeArgs(settings));
      if (row) works.push(workOf(target, machine, row));
    }
  }
  const seconds = formatSeconds((performance.now() - started) / 1000);
  progress.line(`modelled ${target} on ${machine.name} in ${seconds} (host)`);
  return works;
}

// Functions below this part of the whole are kept out of the report.
const LEAST_PART = 0.02;

function workOf(target: string, machine: P6Machine, row: RowCycles): ModelledWork {
  const largest = largestFunctions(row.cycles, LEAST_PART);
  return {
    ...{ target, machine: machine.name, label: machine.label, clock: machine.clock },
    ...{ phase: row.row, form: row.form, tokens: row.units, total: row.cycles.total },
    functions: largest.map(([name, cycles]) => ({ name, cycles })),
  };
}
