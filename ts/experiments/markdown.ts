// experiments.md: what was compared with what, then a table a part. Every number is of the host.
import type { StepCycles } from '../counting/kept_steps.ts';
import type { Judgement } from '../program/judgement.ts';
import { markdownTable } from '../support/markdown.ts';

import { raceText } from './race_report.ts';
import {
  bytesPerWeight,
  cyclesOf,
  firstResult,
  mixedLoss,
  type Report,
  speedRatio,
  statusOf,
  transformerLoss,
} from './report.ts';
import type { Run } from './runs.ts';
import { commandText, type TableName } from './settings.ts';
import type { Row, Table } from './tables.ts';

// A column: its head, and the cell of a row. The names of numbers end in whose they are.
interface Column {
  head: string;
  cell: (row: Row, table: Table, report: Report) => string;
}

// A picture beside the text.
export interface Picture {
  file: string;
  title: string;
}

// The whole text, with these pictures.
export function markdownText(report: Report, pictures: readonly Picture[]): string {
  const shown = pictures.map(({ title, file }) => `![${title}](${file})`);
  const parts = ['# Comparison of training methods', facts(report), ...shown];
  for (const table of report.tables) {
    const { title, about } = TITLES[table.name];
    const text = table.name === 'race' ? raceText(report) : tableText(table, report);
    parts.push(`## ${title}`, about(table), text);
  }
  return `${parts.join('\n\n')}\n`;
}

const TITLES: Readonly<Record<TableName, { title: string; about: (table: Table) => string }>> = {
  schemes: {
    title: 'Schemes: which values weights take',
    about: (table) => `Optimizer: ${firstRun(table)?.optimizer}.`,
  },
  optimizers: {
    title: 'Optimizers: how weights learn',
    about: (table) => `Scheme: ${firstRun(table)?.scheme}.`,
  },
  race: {
    title: 'Race: how soon each reaches a loss',
    about: () =>
      'Each budget of steps is a whole training. The float32 model has the best of three learning rates.',
  },
  memory: {
    title: 'Memory: micro-batches and recomputation',
    about: (table) => {
      const { scheme, optimizer, steps } = firstRun(table) ?? {};
      return `Scheme ${scheme}, optimizer ${optimizer}, ${steps} steps, one run at a time.`;
    },
  },
};

function firstRun({ rows }: Table): Run | undefined {
  return rows[0]?.runs[0];
}

function facts(report: Report): string {
  const { options, text, program } = report;
  const {
    layers,
    heads,
    dim,
    context,
    batch,
    steps,
    embeddingLr = 'the default of the program',
  } = options;
  const whole = (value: number) => value.toLocaleString('en');
  const shape = { layers, heads, dim, context, batch, steps, 'embedding-lr': embeddingLr };
  const held = [...report.results.values()].find(({ held_out }) => held_out)?.held_out;
  const lines = [
    'All numbers were measured on the host: losses and bytes are the same on every machine, speeds are not.\n',
    `    ${commandText(options)}\n`,
    `- text: ${text.name}, ${whole(text.bytes)} bytes, SHA-256 ${text.sha256}`,
    ...(held ? [`- held out: ${whole(held.tokens)} characters; ${entropies(held)} (host)`] : []),
    `- shape: ${Object.entries(shape)
      .map((pair) => pair.join(' '))
      .join(', ')}`,
    `- tokens trained: ${whole(steps * batch * context)} per run`,
    `- program: ${program.target}, SHA-256 ${program.sha256}; ${program.compiler}`,
    `- CPU: ${report.cpu} (host); ${options.jobs} runs at a time`,
    '- speeds: relative to the first row of each table, if one call of the command measured both',
  ];
  return lines.join('\n');
}

// What a model must beat; counted in the training part of the text where the program says so.
function entropies({ unigram, bigram, order, ngram }: Judgement): string {
  const best = ngram === undefined ? '' : `, of ${order}-grams ${ngram}`;
  return `entropy of single characters ${unigram}, of pairs ${bigram}${best} nats per character`;
}

function tableText(table: Table, report: Report): string {
  const columns = table.name === 'memory' ? MEMORY_COLUMNS : methodColumns(report);
  const body = table.rows.map((row) => columns.map(({ cell }) => cell(row, table, report)));
  return markdownTable(
    columns.map(({ head }) => head),
    body,
  );
}

const ratioColumn: Column = {
  head: 'tokens/s, ratio (host)',
  cell: (row, table, report) => speedRatio(row, table, report)?.toFixed(2) ?? '',
};

function methodColumns({ options, cycles }: Report): Column[] {
  return [
    { head: 'name', cell: ({ name }) => name },
    { head: 'formula', cell: ({ formula }) => formula },
    { head: 'bytes per weight in training (host)', cell: bytesCell },
    { head: 'packed bits per weight', cell: ({ packedBits }) => packedBits },
    memoryNumber('RAM of the training, bytes', 'arena_bytes'),
    ...options.seeds.map((seed, index) =>
      lossColumn(`held-out loss, seed ${seed}`, transformerLoss, index),
    ),
    ...options.seeds.map((seed, index) =>
      lossColumn(`with counts, seed ${seed}`, mixedLoss, index),
    ),
    ...(cycles ? CYCLE_COLUMNS : []),
    ratioColumn,
    { head: 'source', cell: ({ source }) => source },
  ];
}

function bytesCell(row: Row, _table: Table, report: Report): string {
  const result = firstResult(row, report);
  return result ? bytesPerWeight(result).toFixed(2) : '';
}

const MILLION = 1e6;

function cycleColumn(head: string, name: keyof StepCycles): Column {
  return {
    head: `${head} (modelled, Pentium III 500)`,
    cell: (row, _table, report) => {
      const cycles = cyclesOf(row, report);
      return cycles ? (cycles[name] / MILLION).toFixed(1) : '';
    },
  };
}

const CYCLE_COLUMNS: readonly Column[] = [
  cycleColumn('million core cycles a step', 'core'),
  cycleColumn('with misses', 'with_misses'),
];

function lossColumn(head: string, lossOf: (held: Judgement) => string, index: number): Column {
  return {
    head: `${head} (host)`,
    cell: ({ runs }, _table, report) => {
      const run = runs[index];
      if (!run) return '';
      const status = statusOf(run, report);
      const held = report.results.get(run.key)?.held_out;
      if (status !== 'done') return status;
      return held ? lossOf(held) : '';
    },
  };
}

function memoryNumber(head: string, name: MemoryNumber): Column {
  return {
    head: `${head} (host)`,
    cell: (row, _table, report) => firstResult(row, report)?.[name].toLocaleString('en') ?? '',
  };
}

type MemoryNumber = 'activation_bytes' | 'gradient_bytes' | 'arena_bytes';

const MEMORY_COLUMNS: readonly Column[] = [
  { head: 'micro-batch', cell: ({ runs }) => String(runs[0]?.memory?.microBatch) },
  { head: 'recompute', cell: ({ runs }) => String(runs[0]?.memory?.recompute) },
  memoryNumber('activation bytes', 'activation_bytes'),
  memoryNumber('gradient bytes', 'gradient_bytes'),
  memoryNumber('arena bytes, total', 'arena_bytes'),
  ratioColumn,
  { head: 'same checkpoint as the first', cell: sameCheckpoint },
];

function sameCheckpoint(row: Row, { rows }: Table, report: Report): string {
  const [run] = row.runs;
  const status = run ? statusOf(run, report) : 'not run';
  const first = rows[0] && firstResult(rows[0], report);
  if (status !== 'done' || !first) return status === 'done' ? '' : status;
  return firstResult(row, report)?.checkpoint_sha256 === first.checkpoint_sha256 ? 'yes' : 'NO';
}
