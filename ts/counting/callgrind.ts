// Counts the instructions of one repeat of a row of `bench` with valgrind: two repeats less one, so
// that the program's start drops out. Exact, and the same whatever else the machine does.
import { runCommand } from '../runs/run.ts';
import { UserError } from '../support/errors.ts';

// What one repeat of a row takes.
export interface RowCount {
  row: string;
  form: string;
  instructions: number;
}

const VALGRIND = ['valgrind', '--tool=callgrind', '--callgrind-out-file=/dev/null'] as const;
const COLLECTED = /Collected : (\d+)/;

// The command line that repeats one row in one form.
export function benchArgs(
  row: string,
  form: string,
  repeats: number,
  options: readonly string[],
): string[] {
  const what = ['--only', row, '--form', form, '--repeat', String(repeats)];
  return ['bench', '--json', ...what, ...options];
}

// One row in one form; nothing where the row has no such form.
export async function countRow(
  program: string,
  row: string,
  form: string,
  options: readonly string[],
): Promise<RowCount | undefined> {
  const count = (repeats: number) => callgrind(program, benchArgs(row, form, repeats, options));
  const [once, twice] = await Promise.all([count(1), count(2)]);
  if (!once.stdout.includes('"event":"bench"')) return undefined;
  return { row, form, instructions: twice.instructions - once.instructions };
}

async function callgrind(program: string, args: readonly string[]) {
  const runner = { name: 'valgrind', command: [...VALGRIND, program] } as const;
  const { stdout, stderr } = await runCommand(runner, args, { what: 'count instructions' });
  const collected = COLLECTED.exec(stderr)?.[1];
  if (collected) return { stdout, instructions: Number(collected) };
  throw new UserError('valgrind printed no count of instructions');
}
