// Reads the numbers of a measurement from what its commands printed.
import { parseCsv } from '../support/csv.ts';
import { parseObject } from '../support/json.ts';
import type { Output, Values } from './measurement.ts';

type Maybe = Output | undefined;

// What `emu:train --json` prints at its end, and the line that it shows shortly before.
export function readEmuTrain(output: Maybe): Values {
  const summary = parseObject(output?.stdout.trim().split('\n').at(-1) ?? '') ?? {};
  const { loss_first, loss_last, files, emulated } = summary as unknown as EmuSummary;
  const { peak_bytes, plan_bytes, memory_available_bytes, instructions_per_token } = emulated;
  const checkpoint = files.find(({ name }) => name === 'checkpoint')?.laptop;
  return {
    ...{ loss_first: Number(loss_first), loss_last: Number(loss_last) },
    ...{ peak_bytes, plan_bytes, memory_available_bytes, instructions_per_token },
    ...(checkpoint !== undefined && { checkpoint, ...readStepLine(output?.stderr ?? '') }),
  };
}

// Held-out losses in docs/experiments.csv: of pow2 by muon, alone and with counts, and the least that
// a scheme has alone, as the mean of its seeds.
export function readMethods(csv: string): Values {
  const rows = parseCsv(csv).filter(({ tables = '' }) => tables.includes('schemes'));
  const of = (seed: number, column: string) => {
    const row = rows.find((each) => each.scheme === 'pow2' && each.seed === String(seed));
    return Number(row?.[column]);
  };
  const schemes = [...new Set(rows.map(({ scheme = '' }) => scheme))];
  const means = schemes.map((name) => {
    const losses = rows
      .filter(({ scheme }) => scheme === name)
      .map(({ held_out_transformer }) => Number(held_out_transformer));
    return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  });
  return {
    ...{ pow2: of(1, 'held_out_transformer'), pow2_seed2: of(2, 'held_out_transformer') },
    ...{ counts: of(1, 'held_out_loss'), counts_seed2: of(2, 'held_out_loss') },
    best: Math.min(...means),
  };
}

// What `presets --json` prints of those that were measured: `night32.alone`, `night32.both`, ...
export function readPresets(stdout: string): Values {
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => parseObject(line) ?? {});
  return Object.fromEntries(
    rows.flatMap(({ name, ...row }) => {
      const results = [
        [`${name}.hours`, row.laptop_hours],
        [`${name}.minutes`, row.minutes],
        [`${name}.alone`, row.held_out_transformer],
        [`${name}.both`, row.held_out_loss],
      ] as const;
      return results.flatMap(([key, value]) => (typeof value === 'number' ? [[key, value]] : []));
    }),
  );
}

interface EmuSummary {
  loss_first: string;
  loss_last: string;
  files: { name: string; laptop: string }[];
  emulated: Record<
    'peak_bytes' | 'plan_bytes' | 'memory_available_bytes' | 'instructions_per_token',
    number
  >;
}

const STEP_LINE =
  /^step (\d+)\/(\d+) {2}loss ([\d.]+) {2}tokens\/s (\d+) emulated, (\d+) host {2}left (.+) \(host\)$/gm;

// The last line of progress that still has something left.
function readStepLine(stderr: string): Values {
  const lines = [...stderr.matchAll(STEP_LINE)].filter(([, step, steps]) => step !== steps);
  const [, step, steps, loss, emulated, host, left = ''] = lines.at(-1) ?? [];
  return {
    ...{ line_step: Number(step), line_steps: Number(steps), line_loss: Number(loss) },
    ...{ line_emulated_speed: Number(emulated), line_host_speed: Number(host), line_left: left },
  };
}

// The table of `npm run count -- --cycles`: modelled cycles by row and form, and how many times as many
// fp32-sse takes. Rows that are products are added up too.
export function readCycles(prefix: string, output: Maybe): Values {
  const lines = (output?.stdout ?? '').matchAll(
    /^\| (\S+) \| (\S+) \| [\d,]+ \| ([\d,]+) \| ([\d,]+) \|/gm,
  );
  const values: Record<string, number> = {};
  const rows = new Set<string>();
  for (const [, row = '', form = '', core = '', misses = ''] of lines) {
    rows.add(row);
    for (const [kind, cell] of Object.entries({ core, misses })) {
      const [name, sum] = [row, 'sum'].map((each) => `${prefix}${each}.${form}.${kind}`);
      const number = Number(cell.replaceAll(',', ''));
      values[name ?? ''] = number;
      values[sum ?? ''] = (values[sum ?? ''] ?? 0) + number;
    }
  }
  for (const row of [...rows, 'sum']) {
    for (const kind of ['core', 'misses']) {
      const [fast, sse] = ['fast', 'fp32-sse'].map(
        (form) => values[`${prefix}${row}.${form}.${kind}`],
      );
      if (fast && sse) values[`${prefix}${row}.${kind}_times`] = sse / fast;
    }
  }
  return values;
}

// The table of `npm run count`: instructions by row and form, and how many times fp32 has as many.
// Rows that are products are added up too.
export function readCounts(prefix: string, output: Maybe): Values {
  const [head = [], , ...rows] = (output?.stdout ?? '')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  const values: Record<string, number> = {};
  const forms = head.slice(1).filter((form) => !form.includes('/'));
  for (const [row = '', ...cells] of rows) {
    for (const [at, form] of forms.entries()) {
      const number = Number(cells[at]?.replaceAll(',', ''));
      if (!Number.isFinite(number)) continue;
      values[`${prefix}${row}.${form}`] = number;
      const sum = `${prefix}sum.${form}`;
      values[sum] = (values[sum] ?? 0) + number;
    }
  }
  for (const row of [...rows.map(([name]) => name), 'sum']) {
    const [fast, reference] = ['fast', 'fp32'].map((form) => values[`${prefix}${row}.${form}`]);
    if (fast && reference) values[`${prefix}${row}.times`] = reference / fast;
  }
  return values;
}

// Bytes of weights that a generated token reads, from the rows of `bench --json`.
export function readWeightBytes(stdout: string): Values {
  const rows = stdout.split('\n').map((line) => parseObject(line) ?? {});
  const bytes = (form: string) => Number(rows.find((row) => row.form === form)?.bytes);
  const [packed, float32] = [bytes('fast'), bytes('fp32')];
  return { packed, float32, times: float32 / packed };
}

// "planned 1,234 bytes" and "peak 1,234 bytes" of the larger of both trainings.
export function readBigText(name: string, output: Maybe): Values {
  const most = (what: string) => {
    const found = (output?.stdout ?? '').matchAll(new RegExp(`^ +${what} +([\\d,]+) bytes`, 'gm'));
    return Math.max(...[...found].map(([, bytes = '']) => Number(bytes.replaceAll(',', ''))));
  };
  return { [`${name}_peak`]: most('peak'), [`${name}_plan`]: most('planned') };
}

// "200 kills, 31 of them before ..." or "1000 times ended: ...": how often a training was ended.
export function readKill(output: Maybe): Values {
  return { kills: Number(/^(\d+) (?:kills|times ended)\b/.exec(output?.stdout ?? '')?.[1]) };
}

// "options: 2500000 runs in 12 min, nothing found"
export function readFuzz(output: Maybe): Values {
  const found = (output?.stderr ?? '').matchAll(/^(\w+): (\d+) runs in .*nothing found$/gm);
  const runs = Object.fromEntries([...found].map(([, name = '', count]) => [name, Number(count)]));
  return { ...runs, all: Object.values(runs).reduce((sum, each) => sum + each, 0) };
}
