// The measured numbers as bars, each plot with its kind, date and command: a table whose rows are as long as
// their numbers, so that it is read as one, too.
import { find } from '../parts/dom.ts';
import type { Numbers } from './numbers.ts';

type Kind = 'emulated' | 'host' | 'exact' | 'modelled' | 'projected';

interface Bar {
  what: string;
  value: number;
}

interface BarPlot {
  title: string;
  /** How a number stands at its bar. */
  unit: string;
  digits: number;
  from: keyof Numbers;
  /** Otherwise that of the measurement. */
  kind?: Kind;
  bars: (numbers: Numbers) => readonly Bar[];
}

const MILLION = 1e6;

const plots: readonly BarPlot[] = [
  {
    title: 'Instructions of a training step, by the arithmetic',
    ...{ unit: 'million', digits: 0, from: 'count' },
    bars: ({ count: { values } }) => [
      { what: 'this model', value: values['step.fast'] / MILLION },
      { what: 'float32, SSE', value: values['step.fp32-sse'] / MILLION },
      { what: 'float32, plain C', value: values['step.fp32'] / MILLION },
    ],
  },
  {
    title: 'Cycles of a training step on a Pentium III, with its waits for memory',
    ...{ unit: 'million', digits: 0, from: 'cycles' },
    bars: ({ cycles: { values } }) => [
      { what: 'this model', value: values['step.fast.misses'] / MILLION },
      { what: 'float32, SSE', value: values['step.fp32-sse.misses'] / MILLION },
    ],
  },
  {
    title: 'Memory of a training in the laptop of 64 MB',
    ...{ unit: 'MB', digits: 1, from: 'emu-train' },
    bars: ({ 'emu-train': { values }, max64 }) => [
      { what: 'the usual, planned', value: values.plan_bytes / MILLION },
      { what: 'the usual, at its most', value: values.peak_bytes / MILLION },
      { what: 'max64, planned', value: max64.values.plan_bytes / MILLION },
      { what: 'max64, at its most', value: max64.values.peak_bytes / MILLION },
      { what: 'free before', value: max64.values.memory_available_bytes / MILLION },
    ],
  },
  {
    title: 'Held-out loss of the stories after the default training',
    ...{ unit: 'nats per character', digits: 2, from: 'default-training' },
    bars: ({ 'default-training': { values } }) => [
      { what: 'the model', value: values.held_out_loss },
      { what: '5-grams', value: values.ngram },
      { what: 'bigrams', value: values.bigram },
      { what: 'unigrams', value: values.unigram },
    ],
  },
  {
    title: 'What the laptop would take for its presets',
    ...{ unit: 'hours', digits: 1, from: 'presets', kind: 'projected' },
    bars: ({ presets: { values } }) => [
      { what: 'hour32', value: values['hour32.hours'] },
      { what: 'base', value: values['base.hours'] },
      { what: 'night32', value: values['night32.hours'] },
    ],
  },
];

// Draws all of them.
export function showPlots(numbers: Numbers): void {
  find('plots', HTMLElement).replaceChildren(...plots.map((plot) => figureOf(plot, numbers)));
}

function figureOf({ title, unit, digits, from, kind, bars }: BarPlot, numbers: Numbers) {
  const { label, date, commands } = numbers[from];
  const rows = bars(numbers);
  const most = Math.max(...rows.map(({ value }) => value));
  const figure = document.createElement('figure');
  const table = document.createElement('table');
  table.className = 'bars';
  const caption = table.createCaption();
  caption.textContent = `${title}, ${unit}`;
  for (const { what, value } of rows) table.append(rowOf(what, value, most, digits));
  const source = document.createElement('figcaption');
  const command = document.createElement('code');
  command.textContent = commands.split('; ')[0] ?? '';
  source.append(`${kind ?? label}, ${date}: `, command);
  figure.append(table, source);
  return figure;
}

function rowOf(what: string, value: number, most: number, digits: number): HTMLTableRowElement {
  const row = document.createElement('tr');
  const name = document.createElement('th');
  name.scope = 'row';
  name.textContent = what;
  const cell = document.createElement('td');
  const bar = document.createElement('span');
  bar.style.setProperty('--part', String(value / most));
  cell.append(
    bar,
    value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits }),
  );
  row.append(name, cell);
  return row;
}
