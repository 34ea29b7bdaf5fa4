// Compares a report with an earlier one: what changed in counts, ratios, sizes and bits.

import { UserError } from '../support/errors.ts';
import { readTextIfThere } from '../support/files.ts';
import { type ReportData, SCHEMA } from './data.ts';
import { perGeneratedToken, perTrainedToken, timeRatio } from './derived.ts';
import { ratio, whole } from './numbers.ts';
import {
  areRows,
  type Origin,
  type Rows,
  type Section,
  type Table,
  tableOf,
  text,
} from './page.ts';

// A number that both reports have.
export interface Change {
  what: string;
  origin: Origin;
  before: number;
  now: number;
}

// The report in a file; anything else is wrong usage and says why.
export async function readReport(file: string): Promise<ReportData> {
  const content = await readTextIfThere(file).catch(() => undefined);
  if (content === undefined) throw refused(file, 'it cannot be read');
  let data: Partial<ReportData> | null;
  try {
    data = JSON.parse(content);
  } catch {
    throw refused(file, 'it is not JSON');
  }
  const schema = data?.schema;
  if (schema?.name !== SCHEMA.name) throw refused(file, 'it is not a report');
  if (schema.version !== SCHEMA.version) {
    throw refused(file, `it has version ${schema.version}, this program writes ${SCHEMA.version}`);
  }
  const report = data as ReportData;
  try {
    numbersOf(report);
  } catch {
    throw refused(file, 'a part of it is missing');
  }
  return report;
}

function refused(file: string, why: string): UserError {
  const hint = 'It takes the report.json that an earlier npm run report wrote.';
  return new UserError(`--against ${file}: ${why}`, { hint, exitCode: 2 });
}

// Every number that both reports have.
export function changes(before: ReportData, now: ReportData): Change[] {
  const old = numbersOf(before);
  return [...numbersOf(now)].flatMap(([what, { origin, value }]) => {
    const other = old.get(what)?.value;
    return other === undefined ? [] : [{ what, origin, before: other, now: value }];
  });
}

interface Number {
  origin: Origin;
  value: number;
}

function numbersOf(data: ReportData): Map<string, Number> {
  const numbers = new Map<string, Number>();
  const add = (what: string, origin: Origin, value: number | null | undefined) => {
    if (typeof value === 'number' && Number.isFinite(value)) numbers.set(what, { origin, value });
  };
  for (const row of data.runners) {
    const origin = row.machine === null ? 'host' : 'emulated';
    add(`${row.runner}: instructions per trained token`, origin, perTrainedToken(row));
    add(`${row.runner}: instructions per generated token`, origin, perGeneratedToken(row));
    for (const part of ['train', 'generate'] as const) {
      const spread = timeRatio(data, row, part);
      add(`${row.runner}: time to ${part}, × plain host build`, origin, spread?.median);
    }
    add(`${row.runner}: memory plan, bytes`, origin, row.memory?.plan);
    add(`${row.runner}: memory peak, bytes`, origin, row.memory?.peak);
  }
  for (const { phase, form, instructions } of data.phases) {
    add(`${phase}, ${form}: instructions`, 'emulated', instructions);
  }
  for (const { axis, size, instructions } of data.scaling) {
    add(`step at ${axis} ${size}: instructions`, 'emulated', instructions);
  }
  for (const { target, machine, phase, form, total } of data.cycles) {
    const what = `${target} on ${machine}, ${phase}, ${form}`;
    add(`${what}: core cycles`, 'modelled', total.core);
    add(`${what}: cycles with misses`, 'modelled', total.withMisses);
  }
  for (const { target, bytes } of data.builds) add(`${target}: program, bytes`, 'host', bytes);
  add('checkpoint, bytes', 'host', data.model?.checkpointBytes);
  add('exported model, bytes', 'host', data.model?.exportedBytes);
  return numbers;
}

// The evidence of each runner whose hash is another one than before.
export function changedBits(before: ReportData, now: ReportData): string[] {
  return now.runners.flatMap(({ runner, hashes }) => {
    const old = before.runners.find((row) => row.runner === runner)?.hashes ?? {};
    const names = Object.keys(hashes) as (keyof typeof hashes)[];
    const changed = names.filter((name) => old[name] !== undefined && old[name] !== hashes[name]);
    return changed.length > 0 ? [`${runner}: ${changed.join(', ')}`] : [];
  });
}

// A smaller change is not listed.
const NOTICED = 0.001;

// The tables of what changed: counts first, since they are exact.
export function againstSection(before: ReportData, now: ReportData): Section {
  const all = changes(before, now);
  const same = all.filter((row) => row.before === row.now);
  const changed = all.filter((row) => Math.abs(row.now / row.before - 1) >= NOTICED);
  const tables = (['emulated', 'modelled', 'host'] as const).flatMap((origin) => {
    const rows = changed.filter((row) => row.origin === origin);
    return areRows(rows) ? [changeTable(origin, rows)] : [];
  });
  const alarms = sameScenario(before, now)
    ? []
    : [
        {
          kind: 'alarm' as const,
          text: 'The two scenarios differ, so their numbers and bits differ too.',
        },
      ];
  const bits = changedBits(before, now);
  const words = [
    `Compared with the report of ${before.date}, commit ${before.commit.slice(0, 12)}.`,
    bits.length === 0
      ? 'All bits are the same as in that report.'
      : `These bits differ from that report: ${bits.join('; ')}.`,
    `Of ${all.length} numbers that both reports have, ${same.length} are the same, and ` +
      `${all.length - same.length - changed.length} differ by less than a thousandth, because the ` +
      'clock interrupts a changed program at other places.',
  ];
  return { title: 'What changed', blocks: [...alarms, text(words.join(' ')), ...tables] };
}

function changeTable(origin: Origin, rows: Rows<Change>): Table {
  return tableOf<Change>(
    [
      { head: 'what', cell: ({ what }) => what },
      { head: 'before', origin, cell: (row) => shown(row.before) },
      { head: 'now', origin, cell: (row) => shown(row.now) },
      { head: 'now / before', origin, cell: (row) => precise(row.now / row.before) },
    ],
    rows,
  );
}

// A change of a thousandth has to be seen.
function precise(value: number): string {
  return value >= 0.1 && value < 10 ? value.toFixed(4) : ratio(value);
}

function shown(value: number): string {
  return Number.isInteger(value) || value >= 1000 ? whole(value) : ratio(value);
}

function sameScenario(a: ReportData, b: ReportData): boolean {
  const key = ({ scenario: { settings, tokens, text } }: ReportData) =>
    JSON.stringify([Object.entries(settings).sort(), tokens, text.sha256]);
  return key(a) === key(b);
}
