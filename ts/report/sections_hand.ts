// The section on the machine at hand: each phase in plain C, with each kind of kernels, by threads
// and in float32; and other programs.
import { type BenchRow, benchForms } from '../program/bench_rows.ts';
import { othersBlocks } from './against_others.ts';
import type { ReportData } from './data.ts';
import { duration, NONE, ratio } from './numbers.ts';
import { areRows, type Block, type Section, tableOf, text } from './page.ts';

type Bench = ReportData['kernels'][number];

const TITLE = 'The machine at hand';

// The phases of the build that has most forms of them.
export function handSection({ kernels }: ReportData): Section {
  const best = kernels.toSorted((a, b) => formsOf(b).length - formsOf(a).length)[0];
  return { title: TITLE, blocks: [...(best ? phaseBlocks(best) : []), ...othersBlocks()] };
}

const phasesOf = ({ rows }: Bench) => rows.filter(({ group }) => group === 'phase');

function formsOf(bench: Bench): string[] {
  const rows = phasesOf(bench);
  return benchForms.filter((form) => rows.some((row) => row.form === form));
}

function phaseBlocks(bench: Bench): Block[] {
  const all = phasesOf(bench);
  const find = ({ name, shape }: BenchRow, form: string) =>
    all.find((row) => row.name === name && row.shape === shape && row.form === form);
  const plain = all.filter(({ form }) => form === 'plain');
  if (!areRows(plain)) return [];
  const column = (form: string) => ({
    head: form === 'threads' ? `${bench.threads} threads` : form,
    origin: 'host' as const,
    cell: (row: BenchRow) => faster(row, find(row, form)),
  });
  const others = formsOf(bench).filter((form) => form !== 'plain');
  const how =
    `The phases as the build ${bench.runner} times them: how many times as fast as plain C, and ` +
    'the time of one repeat. Medians by the clock, so that threads count; fast-128 is fast ' +
    'without AVX2.';
  return [
    text(how),
    tableOf<BenchRow>(
      [
        { head: 'phase', cell: ({ name }) => name },
        { head: 'shape', cell: ({ shape }) => shape },
        { head: 'plain', origin: 'host', cell: (row) => duration(row.medianUs / 1e6) },
        ...others.map(column),
      ],
      plain,
    ),
  ];
}

function faster(plain: BenchRow, row: BenchRow | undefined): string {
  if (!row || row.medianUs <= 0) return NONE;
  return `${ratio(plain.medianUs / row.medianUs)} (${duration(row.medianUs / 1e6)})`;
}
