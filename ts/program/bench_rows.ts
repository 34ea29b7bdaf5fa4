// What `legacy_llm bench --json` prints: one line a kernel or phase, and the plan of its memory.
import { parseObject } from '../support/json.ts';

// What --only of `bench` takes: groups, then rows.
export const benchNames = [
  ...['phase', 'kernel', 'step', 'forward', 'backward', 'update', 'generate', 'count'],
  ...['predict', 'product'],
  ...['product-one', 'input-gradient', 'weight-gradient', 'attention', 'attention-backward'],
  ...['norm', 'norm-backward', 'rope', 'softmax', 'dot', 'axpy', 'scales', 'codes', 'pack'],
  ...['unpack', 'adam', 'newton-schulz'],
];

// What --form of it takes, in the order of the program.
export const benchForms = ['plain', 'fast-128', 'fast', 'threads', 'fp32', 'fp32-sse'];

// One kernel or phase in one form. Times are of the machine that ran it, in microseconds a repeat.
export interface BenchRow {
  group: 'phase' | 'kernel';
  name: string;
  form: string;
  shape: string;
  unit: string;
  /** Of that unit, in one repeat. */
  units: number;
  repeats: number;
  medianUs: number;
  leastUs: number;
  mostUs: number;
  /** Multiply-adds of the products in one repeat. */
  macs: number;
  /** Bytes of weights that one repeat reads: each product its matrix once. */
  bytes: number;
  crc: string;
}

// All that one run of it printed.
export interface BenchOutput {
  rows: BenchRow[];
  /** Bytes of the arena; null where the last line is missing. */
  arena: number | null;
}

const STRINGS = ['name', 'form', 'shape', 'unit', 'crc'] as const;
const NUMBERS = ['units', 'repeats', 'median_us', 'least_us', 'most_us', 'macs', 'bytes'] as const;

// The rows in an output; lines that are none of them are passed over.
export function parseBench(output: string): BenchOutput {
  const lines = output.split('\n').map((line) => parseObject(line.trim()));
  const objects = lines.filter((fields) => fields !== undefined);
  const plan = objects.findLast(({ event }) => event === 'bench_plan');
  return {
    rows: objects.flatMap((fields) => rowOf(fields) ?? []),
    arena: typeof plan?.arena === 'number' ? plan.arena : null,
  };
}

function rowOf(fields: Record<string, unknown>): BenchRow | undefined {
  const { event, group } = fields;
  if (event !== 'bench' || (group !== 'phase' && group !== 'kernel')) return undefined;
  if (!STRINGS.every((name) => typeof fields[name] === 'string')) return undefined;
  if (!NUMBERS.every((name) => Number.isFinite(numberIn(fields[name])))) return undefined;
  const number = (name: (typeof NUMBERS)[number]) => numberIn(fields[name]);
  const text = (name: (typeof STRINGS)[number]) => String(fields[name]);
  return {
    group,
    ...{ name: text('name'), form: text('form'), shape: text('shape') },
    ...{ unit: text('unit'), units: number('units'), repeats: number('repeats') },
    ...{ medianUs: number('median_us'), leastUs: number('least_us'), mostUs: number('most_us') },
    ...{ macs: number('macs'), bytes: number('bytes'), crc: text('crc') },
  };
}

// Times are strings, so that they are printed alike everywhere; counts are numbers.
function numberIn(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
}

// What makes two rows the same measurement.
export function benchKey({ group, name, shape, form }: BenchRow): string {
  return [group, name, shape, form].join(' ');
}
