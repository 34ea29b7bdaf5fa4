// Reads the log of a training, JSON lines or CSV (told apart by content), whole or still growing.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { errorCode, reasonOf, UserError } from '../support/errors.ts';
import { isObject, parseObject } from '../support/json.ts';
import { displayPath } from '../support/paths.ts';

// What a log may say of a step beside its number; older logs say less.
export const stepColumns = [
  ...(['tokens', 'bytes', 'loss', 'bits_per_byte', 'lr', 'embedding_lr'] as const),
  ...(['gradient_norm', 'flipped', 'zeros', 'clipped'] as const),
] as const;
// One of them.
export type StepColumn = (typeof stepColumns)[number];

// What an evaluation says of the held-out part of the text.
export const heldOutColumns = [
  ...([
    'loss',
    'perplexity',
    'bits_per_byte',
    'top1',
    'top3',
    'top5',
    'transformer',
    'counts',
  ] as const),
] as const;
// One of them.
export type HeldOutColumn = (typeof heldOutColumns)[number];

// What a log says of one step.
export type StepRow = { step: number } & Partial<Record<StepColumn, number>>;
// What a log says of one evaluation.
export type HeldOutRow = { step: number } & Partial<Record<HeldOutColumn, number>>;

// A whole log.
export interface TrainingLog {
  name: string;
  steps: StepRow[];
  heldOut: HeldOutRow[];
}

// The log of a file, called as a person here would. One that is `growing` may have no step yet.
export async function readTrainingLog(
  file: string,
  state: 'begun' | 'growing' = 'begun',
): Promise<TrainingLog> {
  const name = displayPath(path.resolve(file));
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const why = errorCode(error) === 'ENOENT' ? 'there is none' : reasonOf(error);
    throw new UserError(`cannot read the log ${name}: ${why}`, { exitCode: 2 });
  });
  return state === 'begun' ? parseTrainingLog(text, name) : parseGrowingLog(text, name);
}

// The log, or a UserError that names the file and the line. `name` is what both are called. What
// editors put into it is passed over: a byte order mark at its start, CR LF at the ends of lines.
export function parseTrainingLog(written: string, name: string): TrainingLog {
  const log = parseGrowingLog(written, name);
  if (log.steps.length > 0 || log.heldOut.length > 0) return log;
  throw new UserError(`${name} has no step yet`, { exitCode: 2 });
}

function parseGrowingLog(written: string, name: string): TrainingLog {
  const text = written.replace(/^\ufeff/, '').replaceAll('\r\n', '\n');
  const log: TrainingLog = { name, steps: [], heldOut: [] };
  if (text.startsWith('{')) readJson(text, log);
  else if (text.startsWith('step,')) readCsv(text, log);
  else if (text !== '')
    throw refused(name, 1, 'is neither JSON nor a CSV header with the column step');
  return log;
}

type Fields = Readonly<Record<string, unknown>>;

function readJson(text: string, log: TrainingLog): void {
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    if (line === '') continue;
    const fields = parseObject(line);
    const last = index === lines.length - 1; // it is being written: no newline follows
    if (!fields && last) break;
    const held = fields?.held_out;
    if (!fields || (held !== undefined && !isObject(held))) {
      throw refused(log.name, index + 1, 'is not a JSON object');
    }
    if (isObject(held)) addHeldOut(log, index + 1, { ...held, step: fields.step });
    else addStep(log, index + 1, fields);
  }
}

const HELD_OUT = 'held_out_';

function readCsv(text: string, log: TrainingLog): void {
  const [head = '', ...rows] = text.split('\n').slice(0, -1); // what follows is being written
  const names = head.trimEnd().split(',');
  for (const [index, row] of rows.entries()) {
    const cells = row.trimEnd().split(',');
    if (cells.length !== names.length) {
      throw refused(log.name, index + 2, `has ${cells.length} cells, not ${names.length}`);
    }
    const filled = names.flatMap((name, at) => (cells[at] ? [[name, cells[at]] as const] : []));
    const held = filled.filter(([name]) => name.startsWith(HELD_OUT));
    const fields = Object.fromEntries(filled);
    addStep(log, index + 2, fields);
    if (held.length === 0) continue;
    const own = held.map(([name, cell]) => [name.slice(HELD_OUT.length), cell]);
    addHeldOut(log, index + 2, { ...Object.fromEntries(own), step: fields.step });
  }
}

function addStep(log: TrainingLog, line: number, fields: Fields): void {
  log.steps.push(rowOf(log.name, line, fields, stepColumns));
}

function addHeldOut(log: TrainingLog, line: number, fields: Fields): void {
  log.heldOut.push(rowOf(log.name, line, fields, heldOutColumns));
}

// The numbers of a line; a step and a loss must be among them.
function rowOf<C extends string>(
  name: string,
  line: number,
  fields: Fields,
  columns: readonly C[],
) {
  const number = (column: string): number | undefined => {
    const value = fields[column];
    if (value === undefined) return undefined;
    const found = typeof value === 'string' && value !== '' ? Number(value) : value;
    if (typeof found === 'number' && Number.isFinite(found)) return found;
    throw refused(name, line, `has no number in ${column}`);
  };
  const step = number('step');
  if (step === undefined || number('loss') === undefined) {
    throw refused(name, line, 'has no step or no loss');
  }
  const found = columns.flatMap((column) => {
    const value = number(column);
    return value === undefined ? [] : [[column, value] as const];
  });
  return { step, ...(Object.fromEntries(found) as Partial<Record<C, number>>) };
}

function refused(name: string, line: number, why: string): UserError {
  return new UserError(`${name} is not the log of a training: line ${line} ${why}`, {
    exitCode: 2,
  });
}
