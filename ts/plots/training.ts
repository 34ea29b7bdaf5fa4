// Small multiples of one or several trainings by step, in one SVG: loss, rates, gradients, weights.
import * as Plot from '@observablehq/plot';
import type { HeldOutColumn, StepColumn, TrainingLog } from '../program/training_log.ts';
import { textWidth } from './labels.ts';
import { type PlacedPlot, panelsText } from './svg.ts';

// Colours that stand out from a white and from a dark ground alike, told apart by lightness too.
const COLOURS = ['#2f7fd1', '#d9730d', '#2e9e5b', '#c0479f', '#8a63d2', '#a9760f'];

const WIDTH = 460;
const HEIGHT = 230;
const MOST_COLUMNS = 2;
const TOP = 46; // of a panel: its title and what its marks are
const LEGEND_ROW = 20;
const HEAD = 44;

interface Point {
  step: number;
  value: number;
}

// A line of a panel: of the steps, or of the evaluations.
interface Series {
  of: 'steps' | 'heldOut';
  column: StepColumn | HeldOutColumn;
  /** Dashes of the line, to tell it from others of the same log. */
  dash?: string;
  /** Every step behind it, thin. */
  raw?: boolean;
}

interface Panel {
  title: string;
  /** What the marks are, with the unit. */
  about: string;
  series: readonly Series[];
  /** Numbers as shares of a hundred. */
  percent?: boolean;
  /** The axis begins at 0. */
  fromZero?: boolean;
}

const ONE = 'thin: each step, thick: smoothed';

const panels: readonly Panel[] = [
  {
    title: 'Loss, nats per token',
    about: `${ONE}, dots: held-out`,
    series: [
      { of: 'steps', column: 'loss', raw: true },
      { of: 'heldOut', column: 'loss' },
    ],
  },
  {
    title: 'Bits per byte of text',
    about: `${ONE}, dots: held-out`,
    series: [
      { of: 'steps', column: 'bits_per_byte', raw: true },
      { of: 'heldOut', column: 'bits_per_byte' },
    ],
  },
  {
    title: 'Accuracy on held-out tokens',
    about: 'solid: top-1, dashed: top-3, dotted: top-5',
    series: [
      { of: 'heldOut', column: 'top1' },
      { of: 'heldOut', column: 'top3', dash: '6 3' },
      { of: 'heldOut', column: 'top5', dash: '2 3' },
    ],
    percent: true,
  },
  {
    title: 'Learning rate',
    about: 'solid: matrices, dashed: embeddings',
    series: [
      { of: 'steps', column: 'lr' },
      { of: 'steps', column: 'embedding_lr', dash: '6 3' },
    ],
    fromZero: true,
  },
  {
    title: 'Norm of the gradient, before clipping',
    about: ONE,
    series: [{ of: 'steps', column: 'gradient_norm', raw: true }],
    fromZero: true,
  },
  {
    title: 'Weights that changed their value in a step',
    about: ONE,
    series: [{ of: 'steps', column: 'flipped', raw: true }],
    percent: true,
    fromZero: true,
  },
  {
    title: 'Weights that are zero',
    about: ONE,
    series: [{ of: 'steps', column: 'zeros', raw: true }],
    percent: true,
  },
  {
    title: 'Activations clipped at ±127',
    about: ONE,
    series: [{ of: 'steps', column: 'clipped', raw: true }],
    percent: true,
    fromZero: true,
  },
];

// The whole picture; panels of which no log knows anything are left out.
export function trainingSvg(logs: readonly TrainingLog[]): string {
  const last = Math.max(1, ...logs.flatMap((log) => stepsOf(log)));
  const shown = panels.filter((panel) => curvesOf(panel, logs).length > 0);
  const columns = Math.min(MOST_COLUMNS, shown.length);
  const legend = legendOf(logs, columns * WIDTH);
  const head = HEAD + legend.rows * LEGEND_ROW;
  const placed = shown.map(
    (panel, index): PlacedPlot => ({
      x: (index % columns) * WIDTH,
      y: head + Math.floor(index / columns) * HEIGHT,
      plot: panelOptions(panel, logs, last),
    }),
  );
  const size = {
    width: columns * WIDTH,
    height: head + Math.ceil(shown.length / columns) * HEIGHT,
  };
  return panelsText(size, 'Training by step', legend.entries, placed);
}

// The places of the names of the logs under the title, from left to right, row by row.
function legendOf(logs: readonly TrainingLog[], room: number) {
  let [x, row] = [24, 0];
  const entries = logs.map(({ name }, index) => {
    const label = endThatFits(name, room - 24 - 48);
    const width = textWidth(label) + 48;
    if (x > 24 && x + width > room) [x, row] = [24, row + 1];
    const entry = { x, y: HEAD + row * LEGEND_ROW, label, colour: colourOf(index) };
    x += width;
    return entry;
  });
  return { entries, rows: row + 1 };
}

// The end of a name, which tells paths apart, where there is no room for all of it.
function endThatFits(name: string, room: number): string {
  const most = Math.floor(room / textWidth('x'));
  return name.length <= most ? name : `…${name.slice(1 - most)}`;
}

function colourOf(index: number): string {
  return COLOURS[index % COLOURS.length] ?? 'currentColor';
}

function stepsOf({ steps, heldOut }: TrainingLog): number[] {
  return [...steps.slice(-1), ...heldOut.slice(-1)].map(({ step }) => step);
}

// ---- a panel ----

interface Curve extends Series {
  colour: string;
  points: Point[];
}

function curvesOf({ series }: Panel, logs: readonly TrainingLog[]): Curve[] {
  return logs.flatMap((log, index) =>
    series.flatMap((each) => {
      const points = pointsOf(log, each);
      return points.length > 0 ? [{ ...each, colour: colourOf(index), points }] : [];
    }),
  );
}

function pointsOf(log: TrainingLog, { of, column }: Series): Point[] {
  return log[of].flatMap((row) => {
    const value = row[column as keyof typeof row];
    return value === undefined ? [] : [{ step: row.step, value }];
  });
}

function panelOptions(panel: Panel, logs: readonly TrainingLog[], last: number): Plot.PlotOptions {
  const curves = curvesOf(panel, logs);
  const title = { frameAnchor: 'top-left', textAnchor: 'start', dx: -40 } as const;
  return {
    ...{ width: WIDTH, height: HEIGHT, marginTop: TOP, marginLeft: 64, marginRight: 24 },
    marginBottom: 36,
    x: { domain: [0, last], label: 'step →', labelAnchor: 'right', ticks: 5 },
    y: { domain: domainOf(panel, curves), label: null, ticks: 5, grid: true, ...tickFormat(panel) },
    marks: [
      Plot.text([panel.title], { ...title, dy: -36, fontWeight: 'bold' }),
      Plot.text([panel.about], { ...title, dy: -19, fillOpacity: 0.7 }),
      ...curves.flatMap((curve) => marksOf(curve)),
    ],
  };
}

function tickFormat({ percent }: Panel): Plot.ScaleOptions {
  if (percent)
    return { tickFormat: (value: number) => `${Number((100 * value).toPrecision(3))} %` };
  return { tickFormat: (value: number) => String(Number(value.toPrecision(4))) };
}

function marksOf({ of, dash, raw, colour, points }: Curve): Plot.Markish[] {
  const line = { x: 'step', y: 'value', stroke: colour, clip: true } as const;
  const dashed = dash === undefined ? {} : { strokeDasharray: dash };
  if (of === 'heldOut') {
    return [
      Plot.line(points, { ...line, ...dashed, strokeWidth: 1.2 }),
      Plot.dot(points, { x: 'step', y: 'value', fill: colour, r: dash ? 1.8 : 3 }),
    ];
  }
  const behind = Plot.line(thinned(points), { ...line, strokeWidth: 0.7, strokeOpacity: 0.35 });
  const smooth = Plot.line(smoothedBy(points, raw ? SMOOTHED_PARTS : points.length), {
    ...line,
    ...dashed,
    strokeWidth: 1.8,
  });
  return raw ? [behind, smooth] : [smooth];
}

// What is shown of the values: all that is smooth, and what is raw without its rarest outliers.
function domainOf({ fromZero }: Panel, curves: readonly Curve[]): [number, number] {
  const seen = curves.flatMap(({ points, raw }) => {
    const values = points.map(({ value }) => value);
    return raw ? middleOf(values) : ends(values);
  });
  const [low, high] = [fromZero ? 0 : Math.min(...seen), Math.max(...seen)];
  const room = (high - low) * 0.04 || Math.abs(high) * 0.1 || 1;
  return [fromZero ? 0 : low - room, high + room];
}

function ends(values: readonly number[]): number[] {
  return [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
}

// The values that a hundredth of all lie above, and below.
function middleOf(values: readonly number[]): number[] {
  const ordered = [...values].sort((a, b) => a - b);
  const cut = Math.floor(ordered.length / 100);
  return [ordered[cut] ?? 0, ordered[ordered.length - 1 - cut] ?? 0];
}

// ---- points ----

const SMOOTHED_PARTS = 40;
const DRAWN_POINTS = 240;

// Means over the neighbours of a point, a window of one of so many parts of all; at most so many
// points as can be seen.
export function smoothedBy(points: readonly Point[], parts: number): Point[] {
  const half = Math.floor(points.length / parts / 2);
  const sums = [0];
  for (const { value } of points) sums.push((sums.at(-1) ?? 0) + value);
  const stride = Math.ceil(points.length / DRAWN_POINTS);
  return points.flatMap(({ step }, at) => {
    if (at % stride !== 0 && at !== points.length - 1) return [];
    const [from, to] = [Math.max(0, at - half), Math.min(points.length, at + half + 1)];
    return [{ step, value: ((sums[to] ?? 0) - (sums[from] ?? 0)) / (to - from) }];
  });
}

// The smallest and the largest of each group of neighbours, in order, where there are too many.
export function thinned(points: readonly Point[]): Point[] {
  const size = 2 * Math.ceil(points.length / (2 * DRAWN_POINTS));
  if (size <= 2) return [...points];
  const thin: Point[] = [];
  for (let at = 0; at < points.length; at += size) {
    const group = points.slice(at, at + size);
    const low = group.reduce((a, b) => (b.value < a.value ? b : a));
    const high = group.reduce((a, b) => (b.value > a.value ? b : a));
    if (low === high) thin.push(low);
    else thin.push(...(low.step < high.step ? [low, high] : [high, low]));
  }
  return thin;
}
