// `legacy-llm count --cycles`: modelled cycles of a Pentium II or III, by function and in all.
import { isScanned } from '../build/scan.ts';
import { groupsOfTargets, type Target } from '../build/targets.ts';
import { bindingText } from '../counting/binding.ts';
import {
  checkI386,
  modelRow,
  modelRun,
  openProgram,
  openTarget,
  type RowCycles,
} from '../counting/model.ts';
import { type CycleReport, type Cycles, largestFunctions, sumOf } from '../counting/p6_cycles.ts';
import { findP6Machine, firstP6Machine, type P6Machine } from '../counting/p6_machines.ts';
import { UserError } from '../support/errors.ts';
import { markdownTable } from '../support/markdown.ts';
import { provide } from '../support/setup.ts';

// The machine that is meant for a build; one that cannot run it is wrong usage.
export function machineFor({ name, level }: Target, wanted: string | undefined): P6Machine {
  if (!isScanned(level)) {
    const hint = 'Use p2 or p3.';
    throw new UserError(`the cycle model does not know ${name}`, { hint, exitCode: 2 });
  }
  const machine = wanted === undefined ? firstP6Machine(level) : findP6Machine(wanted);
  if (level === 'pentium2' || machine.processor === level) return machine;
  throw new UserError(`${machine.name} has no SSE, so it cannot run ${name}`, { exitCode: 2 });
}

// Prints what rows of the bench take in each form, then each function of them.
export async function printRowCycles(
  target: Target,
  machine: P6Machine,
  rows: readonly string[],
  forms: readonly string[],
  options: readonly string[],
): Promise<void> {
  await provide([...groupsOfTargets([target]), 'valgrind']);
  const program = await openTarget(target, machine);
  const all: RowCycles[] = [];
  for (const row of rows) {
    for (const form of forms) {
      const modelled = await modelRow(program, row, form, options);
      if (modelled) all.push(modelled);
    }
  }
  if (all.length === 0)
    throw new UserError(`${rows.join(', ')}: no such form in this build: ${forms.join(', ')}`);
  const lines = all.map(({ row, form, cycles }) => [row, form, ...cells(cycles.total)]);
  console.log(`${headline('One repeat', machine)}\n`);
  console.log(markdownTable(['row', 'form', ...HEADS], lines));
  for (const { row, form, cycles } of all) console.log(`\n${functions(`${row}, ${form}`, cycles)}`);
}

// Prints what one run of any program takes.
export async function printProgramCycles(
  file: string,
  machine: P6Machine,
  args: readonly string[],
): Promise<void> {
  await checkI386(file);
  await provide(['valgrind']);
  const cycles = await modelRun(await openProgram(file, machine, 'extended'), args);
  console.log(`${headline('One run', machine)}\n`);
  console.log(markdownTable(['run', ...HEADS], [['all', ...cells(cycles.total)]]));
  console.log(`\n${functions('function', cycles)}`);
}

const HEADS = ['instructions', 'core cycles', 'with misses', 'what binds'];

function headline(what: string, { label }: P6Machine): string {
  return `${what} in modelled cycles: ${label}`;
}

function cells(cycles: Cycles): string[] {
  const { instructions, core, withMisses } = cycles;
  const numbers = [instructions, core, withMisses].map((value) =>
    Math.round(value).toLocaleString('en'),
  );
  return [...numbers, bindingText(cycles)];
}

// Smaller functions are shown together.
const LEAST_SHOWN = 0.01;

// The functions, those with most cycles first, and the small ones together.
function functions(head: string, report: CycleReport): string {
  const shown = largestFunctions(report, LEAST_SHOWN);
  const names = new Set(shown.map(([name]) => name));
  const lines = shown.map(([name, cycles]) => [name, ...cells(cycles)]);
  const others = [...report.functions].filter(([name]) => !names.has(name)).map(([, one]) => one);
  if (others.length > 0) lines.push([`${others.length} others`, ...cells(sumOf(others))]);
  return markdownTable([head, ...HEADS], lines);
}
