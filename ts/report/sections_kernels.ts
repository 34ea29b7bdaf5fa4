// The section on kernels and phases as each build that runs here times them.
import { type BenchRow, benchForms, benchKey } from '../program/bench_rows.ts';
import type { ReportData } from './data.ts';
import { duration, NONE, ratio } from './numbers.ts';
import { areRows, type Block, type Column, type Section, tableOf, text } from './page.ts';
import { type Dot, dotsSvg } from './plots.ts';

const TITLE = 'Kernels and phases on this machine';
// The forms that the others stand beside, the first that a kernel has.
const REFERENCE_FORMS = ['plain', 'fp32'] as const;

// Ratios to the plain form on the host, and how often the fast form fits into the plain one.
export function kernelSection({ kernels }: ReportData): Section {
  if (kernels.length === 0) return { title: TITLE, blocks: [text('Not timed in this report.')] };
  const all = kernels.flatMap(({ rows }) => rows);
  const rows = inOrder([...new Map(all.map((row) => [benchKey(row), row])).values()]);
  const host = kernels[0]?.rows ?? [];
  const column = ({ runner, rows: own }: (typeof kernels)[number]): KernelColumn => ({
    head: runner,
    origin: 'host',
    cell: (row) => cellText(find(own, row), referenceOf(host, row)),
  });
  const table = (group: BenchRow['group']): Block[] => {
    const own = rows.filter((row) => row.group === group);
    if (!areRows(own)) return [];
    const columns = [
      { head: group, cell: ({ name }: BenchRow) => name },
      { head: 'shape', cell: ({ shape }: BenchRow) => shape },
      { head: 'form', cell: ({ form }: BenchRow) => form },
      ...kernels.map(column),
    ];
    return [tableOf<BenchRow>(columns, own)];
  };
  const how =
    `Time of one repeat, as a ratio to the plain form on ${kernels[0]?.runner} (to fp32 where ` +
    'there is no plain form), and in seconds. More than 1 is slower. All are medians; the spread ' +
    'is in report.json.';
  return {
    title: TITLE,
    blocks: [text(how), ...table('phase'), ...fastPlot(kernels), ...table('kernel')],
  };
}

// Rows as the program has them, the forms of each together: not every build has all forms.
function inOrder(rows: readonly BenchRow[]): BenchRow[] {
  const what = ({ group, name, shape }: BenchRow) => [group, name, shape].join(' ');
  const places = [...new Set(rows.map(what))];
  const place = (row: BenchRow) => places.indexOf(what(row));
  const form = (row: BenchRow) => benchForms.indexOf(row.form);
  return [...rows].sort((a, b) => place(a) - place(b) || form(a) - form(b));
}

type KernelColumn = Column & { cell: (row: BenchRow) => string };

function cellText(own: BenchRow | undefined, reference: BenchRow | undefined): string {
  if (!own || !reference) return NONE;
  const time = duration(own.medianUs / 1e6);
  return `${ratio(own.medianUs / reference.medianUs)} (${time})`;
}

function find(rows: readonly BenchRow[], wanted: BenchRow): BenchRow | undefined {
  return rows.find((row) => benchKey(row) === benchKey(wanted));
}

function referenceOf(rows: readonly BenchRow[], row: BenchRow): BenchRow | undefined {
  const found = REFERENCE_FORMS.map((form) => find(rows, { ...row, form }));
  return found.find((each) => each !== undefined);
}

// How many times as fast the fast form is, on each build.
function fastPlot(kernels: ReportData['kernels']): Block[] {
  const dots: Dot[] = kernels.flatMap(({ runner, rows }) =>
    rows.flatMap((fast) => {
      const plain = fast.form === 'fast' ? find(rows, { ...fast, form: 'plain' }) : undefined;
      if (!plain || fast.medianUs <= 0 || plain.medianUs <= 0) return [];
      const row = fast.group === 'phase' ? fast.name : `${fast.name} ${fast.shape}`;
      return [{ row, series: runner, value: plain.medianUs / fast.medianUs }];
    }),
  );
  if (dots.length === 0) return [];
  const series = kernels.map(({ runner }) => runner);
  return [
    {
      kind: 'plot',
      title: 'The fast form compared with the plain one (host)',
      draw: (width) => dotsSvg(dots, series, width, 1),
      ...{ legend: series, axis: 'times as fast as the plain form of the same build (host)' },
    },
  ];
}
