// The comparison tables as data: each row names a method and the runs that measure it.
import type { Method, Methods } from '../program/method_list.ts';
import { UserError } from '../support/errors.ts';

import { raceRows } from './race.ts';
import { createRun, type Identity, type MemoryMode, type Run, type RunWish } from './runs.ts';
import type { ExperimentOptions, TableName } from './settings.ts';

// A method or a memory mode.
export interface Row {
  /** As --only takes it. */
  name: string;
  formula: string;
  source: string;
  packedBits: string;
  /** The one that the others are compared with. */
  isReference: boolean;
  /** One a seed. */
  runs: readonly Run[];
}

// Rows that are compared with each other.
export interface Table {
  name: TableName;
  rows: readonly Row[];
}

// The first row is the reference; "batch" is all sequences of a step at once.
const MEMORY_MODES: readonly { microBatch: number | 'batch'; recompute: string }[] = [
  { microBatch: 1, recompute: 'none' },
  { microBatch: 1, recompute: 'block' },
  { microBatch: 1, recompute: '2' },
  { microBatch: 'batch', recompute: 'none' },
  { microBatch: 'batch', recompute: 'block' },
];

// A few steps show memory, speed and bits.
const MEMORY_STEPS = 20;

// The tables that the options name.
export function makeTables(
  methods: Methods,
  options: ExperimentOptions,
  identity: Identity,
): Table[] {
  return options.tables.map((name) => ({ name, rows: rowsOf[name](methods, options, identity) }));
}

type MakeRows = (methods: Methods, options: ExperimentOptions, identity: Identity) => Row[];

const rowsOf: Readonly<Record<TableName, MakeRows>> = {
  schemes: ({ schemes, optimizers: [{ name: optimizer }] }, options, identity) =>
    schemes.map((method, index) => {
      const wish = { scheme: method.name, optimizer };
      return methodRow(method, method, wish, index === 0, options, identity);
    }),
  optimizers: ({ schemes: [scheme], optimizers }, options, identity) =>
    optimizers.map((method, index) => {
      const wish = { scheme: scheme.name, optimizer: method.name };
      return methodRow(method, scheme, wish, index === 0, options, identity);
    }),
  race: ({ schemes: [scheme], optimizers: [optimizer] }, options, identity) =>
    raceRows(scheme.name, optimizer.name, options, options.seeds[0] ?? 1, identity).map(
      (row, index) => ({ ...row, ...NO_METHOD, isReference: index === 0 }),
    ),
  memory: (methods, options, identity) =>
    memoryModes(options).map((mode, index) => memoryRow(mode, index, methods, options, identity)),
};

const NO_METHOD = { formula: '', source: '', packedBits: '' };

function methodRow(
  { name, formula, source }: Method,
  { packedBits }: Method,
  wish: Omit<RunWish, 'seed'>,
  isReference: boolean,
  options: ExperimentOptions,
  identity: Identity,
): Row {
  const runs = options.seeds.map((seed) => createRun({ ...wish, seed }, options, identity));
  return { name, formula, source, packedBits, isReference, runs };
}

// A row for each way that differs from those before it.
function memoryModes({ batch, layers }: ExperimentOptions): MemoryMode[] {
  const modes = MEMORY_MODES.map(({ microBatch, recompute }) => ({
    microBatch: microBatch === 'batch' ? batch : microBatch,
    recompute,
  }));
  const names = modes.map(modeName);
  return modes.filter(({ recompute }, index) => {
    const isFirst = names.indexOf(names[index] ?? '') === index;
    return isFirst && !(Number(recompute) >= layers);
  });
}

function modeName({ microBatch, recompute }: MemoryMode): string {
  return `${microBatch}/${recompute}`;
}

function memoryRow(
  memory: MemoryMode,
  index: number,
  { schemes: [scheme], optimizers: [optimizer] }: Methods,
  options: ExperimentOptions,
  identity: Identity,
): Row {
  const short = { ...options, steps: Math.min(options.steps, MEMORY_STEPS) };
  const wish = { scheme: scheme.name, optimizer: optimizer.name, seed: options.seeds[0] ?? 1 };
  return {
    ...{ name: modeName(memory), formula: '', source: '' },
    packedBits: scheme.packedBits,
    isReference: index === 0,
    runs: [createRun({ ...wish, memory }, short, identity)],
  };
}

// The tables whose rows are methods, each trained to its end.
export function methodTables(tables: readonly Table[]): Table[] {
  return tables.filter(({ name }) => name === 'schemes' || name === 'optimizers');
}

// The runs of the rows that --only names, or of all; one that stands in two tables comes once.
export function chooseRuns(tables: readonly Table[], only: readonly string[] | undefined): Run[] {
  const rows = tables.flatMap((table) => table.rows);
  const unknown = only?.find((name) => !rows.some((row) => row.name === name));
  if (unknown !== undefined) {
    throw new UserError(`there is no row "${unknown}"`, {
      hint: `Rows: ${[...new Set(rows.map(({ name }) => name))].join(', ')}`,
      exitCode: 2,
    });
  }
  const chosen = rows.filter(({ name }) => only?.includes(name) ?? true);
  return distinctRuns(chosen);
}

// The runs of rows, each once.
export function distinctRuns(rows: readonly Row[]): Run[] {
  const runs = rows.flatMap((row) => row.runs);
  return [...new Map(runs.map((run) => [run.key, run])).values()];
}
