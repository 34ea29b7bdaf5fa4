// The steps of a log and its evaluations together, and as a table for others.
import {
  type HeldOutRow,
  heldOutColumns,
  type StepRow,
  stepColumns,
  type TrainingLog,
} from '../program/training_log.ts';
import { csvOf } from '../support/csv.ts';

// What a log says of one step.
export interface RowOfStep {
  step: number;
  training?: StepRow;
  heldOut?: HeldOutRow;
}

// One row a step, in order; of a step that comes twice, what was said last.
export function rowsByStep({ steps, heldOut }: TrainingLog): RowOfStep[] {
  const rows = new Map<number, RowOfStep>();
  const rowOf = (step: number): RowOfStep => {
    const row = rows.get(step) ?? { step };
    rows.set(step, row);
    return row;
  };
  for (const row of steps) rowOf(row.step).training = row;
  for (const row of heldOut) rowOf(row.step).heldOut = row;
  return [...rows.values()].sort((a, b) => a.step - b.step);
}

const RUN = 'run';
const STEP = 'step';

// All logs as one CSV: run (the name of the log), step, and the columns that any of them has.
export function csvOfLogs(logs: readonly TrainingLog[]): string {
  const rows = logs.flatMap((log) => rowsByStep(log).map((row) => tableRow(log.name, row)));
  const used = new Set(rows.flatMap((row) => Object.keys(row)));
  const head = [...stepColumns, ...heldOutColumns.map(inTable)].filter((name) => used.has(name));
  const empty = Object.fromEntries([RUN, STEP, ...head].map((name) => [name, null]));
  return csvOf(rows.map((row) => ({ ...empty, ...row })));
}

// Whether a file that begins so is such a table: the CSV of a training itself begins with the step.
export function isOurTable(head: string): boolean {
  return head.startsWith(`${RUN},${STEP},`);
}

function tableRow(
  run: string,
  { step, training, heldOut = { step } }: RowOfStep,
): Record<string, string | number> {
  const held = Object.entries(heldOut).filter(([name]) => name !== STEP);
  const ofHeldOut = Object.fromEntries(held.map(([name, value]) => [inTable(name), value]));
  return { [RUN]: run, [STEP]: step, ...training, ...ofHeldOut };
}

// As the CSV of a training names what is held out.
function inTable(column: string): string {
  return `held_out_${column}`;
}
