// The section on memory: what was planned, what was used, what there was.
import type { ReportData, RunnerResult } from './data.ts';
import { NONE, ratio, whole } from './numbers.ts';
import { areRows, type Block, type Rows, type Section, sectionOf, tableOf, text } from './page.ts';
import { type Dot, dotsSvg } from './plots.ts';
import { whereOf } from './sections_builds.ts';

type Kind = 'host' | 'emulated';

// Plan, peak and cap of each runner; a table for this machine's, and one for the laptops'.
export function memorySection(data: ReportData): Section {
  const rows = data.runners.filter(({ memory }) => memory !== null);
  const laptops = rows.filter(({ machine }) => machine !== null);
  const here = rows.filter(({ machine }) => machine === null);
  const how =
    'The plan is what the program announces before it starts. The peak is the largest resident ' +
    'memory that the kernel counted. The cap is the memory that was free. WebAssembly and what ' +
    'runs under an emulator have no peak, because Node’s or the emulator’s own memory would hide it.';
  return sectionOf('Memory compared with plan and cap', rows, 'No memory was measured.', () => [
    text(how),
    ...memoryPlot(rows),
    ...(areRows(laptops) ? [memoryTable(laptops, 'emulated')] : []),
    ...(areRows(here) ? [memoryTable(here, 'host')] : []),
  ]);
}

function memoryPlot(rows: readonly RunnerResult[]): Block[] {
  const dots = dotsOf(rows);
  if (dots.length === 0) return [];
  return [
    {
      kind: 'plot',
      title: 'Plan, peak and cap (laptops emulated, others host)',
      draw: (width) => dotsSvg(dots, SERIES, width),
      ...{ legend: SERIES, axis: 'megabytes of 1,048,576 bytes, logarithmic' },
    },
  ];
}

const SERIES = ['plan', 'peak', 'cap'] as const;
const MEGABYTE = 1024 * 1024;

// The cap of this machine is a thousand times a laptop's, so it is left out of the plot.
function dotsOf(rows: readonly RunnerResult[]): Dot[] {
  return rows.flatMap(({ runner: row, machine, memory }) => {
    const dot = (series: string, bytes: number | null | undefined) =>
      bytes ? [{ row, series, value: bytes / MEGABYTE }] : [];
    const cap = machine === null ? null : memory?.cap;
    return [...dot('plan', memory?.plan), ...dot('peak', memory?.peak), ...dot('cap', cap)];
  });
}

function memoryTable(rows: Rows<RunnerResult>, origin: Kind) {
  const part = (of: number | null | undefined, by: number | null | undefined) =>
    of && by ? ratio(of / by) : NONE;
  return tableOf<RunnerResult>(
    [
      { head: 'runner', cell: ({ runner }) => runner },
      { head: 'runs', cell: whereOf },
      { head: 'plan, bytes', origin, cell: ({ memory }) => whole(memory?.plan) },
      { head: 'peak, bytes', origin, cell: ({ memory }) => whole(memory?.peak) },
      { head: 'peak / plan', origin, cell: ({ memory }) => part(memory?.peak, memory?.plan) },
      { head: 'cap, bytes', origin, cell: ({ memory }) => whole(memory?.cap) },
      { head: 'peak / cap', origin, cell: ({ memory }) => part(memory?.peak, memory?.cap) },
    ],
    rows,
  );
}
