// The options of a comparison, and the command line that they stand for.
import { InvalidArgumentError } from 'commander';
import { decimal, wholeNumber } from '../support/arguments.ts';
import { displayPath } from '../support/paths.ts';
import { quoted } from '../support/shell.ts';

// The tables, in the order in which they are shown.
export const tableNames = ['schemes', 'optimizers', 'memory', 'race'] as const;
// One of them.
export type TableName = (typeof tableNames)[number];

// Those that are made where nobody asks for others.
export const usualTables: readonly TableName[] = ['schemes', 'optimizers', 'memory'];

// What all runs of a comparison have in common.
export interface Shape {
  layers: number;
  heads: number;
  dim: number;
  context: number;
  batch: number;
  steps: number;
  embeddingLr?: string;
}

// A number from elsewhere that is drawn as a line.
export interface Reference {
  name: string;
  loss: string;
}

// All options of the command.
export interface ExperimentOptions extends Shape {
  text: string;
  tables: readonly TableName[];
  only?: readonly string[];
  seeds: readonly number[];
  out: string;
  jobs: number;
  target: string;
  reference: readonly Reference[];
  /** The loss that the race is to. */
  raceTo: string;
  /** Also the modelled cycles of a step of each method. */
  cycles?: boolean;
  list?: boolean;
  force?: boolean;
}

// The names of --tables in the order of the tables, each once.
export function parseTables(text: string): TableName[] {
  const wanted = text.split(',').filter(Boolean);
  const unknown = wanted.find((name) => !tableNames.some((table) => table === name));
  if (unknown !== undefined || wanted.length === 0) {
    throw new InvalidArgumentError(`Tables: ${tableNames.join(', ')}.`);
  }
  return tableNames.filter((name) => wanted.includes(name));
}

// The seeds of --seeds, each once.
export function parseSeeds(text: string): number[] {
  return [...new Set(text.split(',').map(wholeNumber))];
}

// Adds one --reference "name=loss" to those before.
export function parseReference(text: string, before: readonly Reference[] = []): Reference[] {
  const at = text.lastIndexOf('=');
  if (at < 1) throw new InvalidArgumentError('It must be NAME=LOSS, as in "nanoGPT=1.88".');
  return [...before, { name: text.slice(0, at), loss: decimal(text.slice(at + 1)) }];
}

// The command line that these options stand for, with every default spelt out.
export function commandText(options: ExperimentOptions): string {
  const { layers, heads, dim, context, batch, steps, embeddingLr, target } = options;
  const shape = { layers, heads, dim, context, batch, steps, 'embedding-lr': embeddingLr };
  const words: [string, string | number | undefined][] = [
    ['text', displayPath(options.text)],
    ['tables', options.tables.join(',')],
    ['only', options.only?.join(',')],
    ['seeds', options.seeds.join(',')],
    ...Object.entries(shape),
    ['jobs', options.jobs],
    ['target', target],
    ['race-to', options.tables.includes('race') ? options.raceTo : undefined],
    ...options.reference.map(({ name, loss }): [string, string] => [
      'reference',
      `${name}=${loss}`,
    ]),
    ['out', displayPath(options.out)],
  ];
  const given = words.filter(([, value]) => value !== undefined);
  const args = given.map(([name, value]) => `--${name} ${quoted(String(value))}`);
  const flags = options.cycles ? ['--cycles'] : [];
  return ['npx legacy-llm experiments', ...args, ...flags].join(' ');
}
