// The section on modelled cycles: what a step and a token would take in the processors that the i386
// builds are for, and which part of the processor binds.
import { bindingText } from '../counting/binding.ts';
import { type CyclePart, type Cycles, partsOf } from '../counting/p6_cycles.ts';
import type { ModelledWork, ReportData } from './data.ts';
import { tokensPerSecond } from './derived.ts';
import { ratio, whole } from './numbers.ts';
import {
  areRows,
  type Block,
  type Column,
  type Rows,
  type Section,
  sectionOf,
  tableOf,
  text,
} from './page.ts';
import { type Part, stackSvg } from './plots.ts';
import { MODELLED_PHASES } from './scenario.ts';

// Cycles of each build, by what binds and by function.
export function cyclesSection({ cycles }: ReportData): Section {
  return sectionOf('Modelled cycles', cycles, 'Not modelled in this report.', (rows) => [
    text(CYCLES_TEXT),
    ...MODELLED_PHASES.flatMap((phase) => plotOf(phase, rows)),
    workTable(rows),
    ...functionTable(rows),
  ]);
}

const CYCLES_TEXT =
  'Nothing here was measured on silicon. Valgrind counted how often each instruction ran and missed ' +
  'the caches; a published table says which ports of the processor its micro-ops need. In each basic ' +
  'block one part is the narrowest: the load port, the stores, the units that calculate, ' +
  'retirement at three micro-ops a cycle, or decoding and fetching. Core cycles are those of the ' +
  'narrowest parts; to them, misses add the waits for the second level and for memory. Chains of ' +
  'results and wrongly predicted branches are left out. docs/speed.md compares the model with ' +
  'real processors. fp32 and fp32-sse are the same model in floating point.';

// What the drawing shows as one: it has six colours.
const SHOWN: readonly (readonly [name: string, parts: readonly CyclePart[]])[] = [
  ['load', ['load']],
  ['store', ['store']],
  ['calculate', ['alu']],
  ['retire', ['retire']],
  ['decode, fetch', ['decode', 'fetch']],
  ['memory', ['memory']],
];

const WORK: Readonly<Record<string, string>> = { step: 'training', generate: 'generation' };

function plotOf(phase: string, all: Rows<ModelledWork>): Block[] {
  const works = all.filter((work) => work.phase === phase);
  if (works.length === 0) return [];
  const group = ({ target, form }: ModelledWork) => `${target} ${form}`;
  const parts: Part[] = works.flatMap((work) => {
    const own = partsOf(work.total);
    return SHOWN.map(([part, names]) => {
      const cycles = names.reduce((sum, name) => sum + own[name], 0);
      return { group: group(work), part, value: cycles / work.tokens / 1000 };
    });
  });
  const sums = new Map(
    works.map((work) => [group(work), `${ratio(tokensPerSecond(work).withMisses)} tokens/s`]),
  );
  const legend = SHOWN.map(([name]) => name);
  return [
    {
      kind: 'plot',
      title: `Cycles of ${WORK[phase]} by what binds (modelled)`,
      draw: (width) => stackSvg(parts, legend, sums, width),
      ...{ legend, axis: 'thousand cycles per token (modelled)' },
    },
  ];
}

type WorkColumn = Column & { cell: (work: ModelledWork) => string };

function workTable(rows: Rows<ModelledWork>): Block {
  const perToken = (what: string, of: (cycles: Cycles) => number): WorkColumn => ({
    head: `${what} per token`,
    origin: 'modelled',
    cell: ({ total, tokens }) => whole(of(total) / tokens),
  });
  const speed = (head: string, of: 'core' | 'withMisses'): WorkColumn => ({
    head,
    origin: 'modelled',
    cell: (work) => ratio(tokensPerSecond(work)[of]),
  });
  return tableOf<ModelledWork>(
    [
      { head: 'build', cell: ({ target }) => target },
      { head: 'processor', cell: ({ label }) => label },
      { head: 'work', cell: ({ phase }) => WORK[phase] ?? phase },
      { head: 'form', cell: ({ form }) => form },
      {
        head: 'instructions per token',
        origin: 'host',
        cell: ({ total, tokens }) => whole(total.instructions / tokens),
      },
      perToken('core cycles', ({ core }) => core),
      perToken('cycles with misses', ({ withMisses }) => withMisses),
      speed('tokens per second, core', 'core'),
      speed('tokens per second, with misses', 'withMisses'),
      { head: 'what binds', cell: ({ total }) => bindingText(total) },
    ],
    rows,
  );
}

interface FunctionRow {
  work: ModelledWork;
  name: string;
  cycles: Cycles;
}

const PERCENT = 100;

// The functions of the ternary model.
function functionTable(works: Rows<ModelledWork>): Block[] {
  const rows: FunctionRow[] = works
    .filter(({ form }) => form === 'fast')
    .flatMap((work) => work.functions.map((each) => ({ work, ...each })));
  if (!areRows(rows)) return [];
  const perToken = ({ work }: FunctionRow, cycles: number) => whole(cycles / work.tokens);
  const share = ({ work, cycles }: FunctionRow) =>
    `${((cycles.withMisses / work.total.withMisses) * PERCENT).toFixed(1)} %`;
  return [
    tableOf<FunctionRow>(
      [
        { head: 'build', cell: ({ work }) => work.target },
        { head: 'work', cell: ({ work }) => WORK[work.phase] ?? work.phase },
        { head: 'function', cell: ({ name }) => name },
        {
          head: 'core cycles per token',
          origin: 'modelled',
          cell: (row) => perToken(row, row.cycles.core),
        },
        {
          head: 'with misses',
          origin: 'modelled',
          cell: (row) => perToken(row, row.cycles.withMisses),
        },
        { head: 'part of all', origin: 'modelled', cell: share },
        { head: 'what binds', cell: ({ cycles }) => bindingText(cycles) },
      ],
      rows,
    ),
  ];
}
