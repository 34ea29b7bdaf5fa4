// `legacy-llm count`: instructions of rows of `bench`, by valgrind, in a build that runs here; with
// --cycles also the modelled cycles of a Pentium II or III, of any program if one is named.
import { type Command, Option } from 'commander';
import { buildTarget } from '../build/build.ts';
import { countedTarget, findTarget, groupsOfTargets } from '../build/targets.ts';
import { countRow } from '../counting/callgrind.ts';
import { findP6Machine, firstP6Machine, P6_MACHINES } from '../counting/p6_machines.ts';
import { benchNames } from '../program/bench_rows.ts';
import { FORMS, REFERENCE_FORM } from '../report/scenario.ts';
import { UserError } from '../support/errors.ts';
import { markdownTable } from '../support/markdown.ts';
import { provide } from '../support/setup.ts';
import { machineFor, printProgramCycles, printRowCycles } from './count_cycles.ts';

interface CountOptions {
  build: string;
  form: string;
  cycles?: true;
  machine?: string;
  program?: string;
}

// Adds the command to the program.
export function registerCount(program: Command): void {
  program
    .command('count')
    .description(
      'count exactly the instructions that rows of `legacy_llm bench` take\n' +
        '(with valgrind); options for bench follow --, for example: count step,generate -- --dim 256',
    )
    .argument('[rows]', 'names of rows, separated by commas: step, forward, product, ...')
    .argument('[options...]', 'options for bench, after --')
    .addOption(new Option('--build <name>', 'a build that runs on this machine').default('p3'))
    .addOption(
      new Option('--form <forms>', 'forms to count, separated by commas').default(FORMS.join(',')),
    )
    .option('--cycles', 'also model the cycles of a Pentium II or III, by function')
    .option('--machine <name>', `the machine of --cycles: ${machineNames()}`)
    .addOption(
      new Option(
        '--program <path>',
        'with --cycles: one whole run of this i386 program instead of rows; its arguments follow --',
      ).conflicts(['build', 'form']),
    )
    .action(carryOut);
}

function machineNames(): string {
  return P6_MACHINES.map(({ name }) => name).join(', ');
}

async function carryOut(rows: string | undefined, words: string[], options: CountOptions) {
  const { cycles, machine, program } = options;
  const only = machine === undefined ? '--program' : '--machine';
  if (!cycles && (machine ?? program) !== undefined)
    throw new UserError(`${only} belongs to --cycles`, { exitCode: 2 });
  if (program !== undefined) {
    const args = rows === undefined ? [] : [rows, ...words];
    const found = machine === undefined ? firstP6Machine('pentium3') : findP6Machine(machine);
    return printProgramCycles(program, found, args);
  }
  if (rows === undefined) {
    const hint = `Rows, separated by commas: ${benchNames.join(', ')}`;
    throw new UserError('no row of bench is named', { hint, exitCode: 2 });
  }
  return count(rows, words, options);
}

async function count(
  rows: string,
  options: string[],
  { build, form, cycles, machine }: CountOptions,
) {
  const target = findTarget(build);
  if (target.run !== 'direct') {
    const hint = 'Use p2, p3, host or host-sse.';
    throw new UserError(`valgrind cannot run ${build}`, { hint, exitCode: 2 });
  }
  const [names, forms] = [rows.split(','), form.split(',')];
  checkNames('row', names, benchNames);
  checkNames('form', forms, FORMS);
  if (cycles) return printRowCycles(target, machineFor(target, machine), names, forms, options);
  await provide([...groupsOfTargets([target]), 'valgrind']);
  const program = (await buildTarget(countedTarget(target))).program;
  const lines: string[][] = [];
  for (const row of names) lines.push(await lineOf(program, row, forms, options));
  const others = forms.filter((name) => name !== REFERENCE_FORM);
  const heads = ['row', ...forms, ...others.map((name) => `${REFERENCE_FORM} / ${name}`)];
  console.log(markdownTable(heads, lines));
}

function checkNames(what: string, names: readonly string[], known: readonly string[]): void {
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const hint = `One of: ${known.join(', ')}`;
  throw new UserError(`there is no ${what} "${unknown}"`, { hint, exitCode: 2 });
}

// Instructions of one repeat in each form, then how many times fewer than in fp32.
async function lineOf(program: string, row: string, forms: string[], options: string[]) {
  const counts = new Map<string, number>();
  for (const form of forms) {
    const counted = await countRow(program, row, form, options);
    if (counted) counts.set(form, counted.instructions);
  }
  const reference = counts.get(REFERENCE_FORM) ?? Number.NaN;
  const whole = (form: string) => counts.get(form)?.toLocaleString('en') ?? '-';
  const times = (form: string) => {
    const value = reference / (counts.get(form) ?? Number.NaN);
    return Number.isFinite(value) ? value.toFixed(2) : '-';
  };
  const others = forms.filter((name) => name !== REFERENCE_FORM);
  return [row, ...forms.map(whole), ...others.map(times)];
}
