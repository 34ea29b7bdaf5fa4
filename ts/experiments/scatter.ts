// loss_by_bytes.svg and loss_by_cycles.svg: what a method needs in training, and what it reaches.
import * as Plot from '@observablehq/plot';
import { LINE_HEIGHT, placeLabels, spread, textWidth } from '../plots/labels.ts';
import { BLACK, FRAME, GREY, heading, PALETTE, svgText } from '../plots/svg.ts';
import { bytesPerWeight, cyclesOf, firstResult, meanLoss, type Report } from './report.ts';
import { methodTables, type Row } from './tables.ts';

// A method in the plot.
export interface MethodPoint {
  label: string;
  series: string;
  cost: number;
  loss: number;
}

// A plot: what its methods cost.
export interface Scatter {
  file: string;
  title: string;
  axis: string;
  cost: (row: Row, report: Report) => number | undefined;
}

const MILLION = 1e6;

// All of them.
export const scatters: readonly [Scatter, Scatter] = [
  {
    file: 'loss_by_bytes.svg',
    title: 'Held-out loss by bytes per weight in training',
    axis: 'bytes per weight in training (host)',
    cost: (row, report) => {
      const result = firstResult(row, report);
      return result && bytesPerWeight(result);
    },
  },
  {
    file: 'loss_by_cycles.svg',
    title: 'Held-out loss by cycles of a step',
    axis: 'million cycles a step with misses (modelled, Pentium III 500)',
    cost: (row, report) => {
      const cycles = cyclesOf(row, report);
      return cycles && cycles.with_misses / MILLION;
    },
  },
];

const [BLUE = '', ORANGE = ''] = PALETTE;
const COLOURS: Readonly<Record<string, string>> = {
  schemes: BLUE,
  optimizers: ORANGE,
  both: BLACK,
};

const BOTTOM = FRAME.height - FRAME.marginBottom;

// A point for each method with a loss and a cost; one that stands in two tables has both names.
export function methodPoints(report: Report, { cost: costOf }: Scatter): MethodPoint[] {
  const points = new Map<string, MethodPoint>();
  for (const { name: series, rows } of methodTables(report.tables)) {
    for (const row of rows) {
      const [loss, cost, result] = [
        meanLoss(row, report),
        costOf(row, report),
        firstResult(row, report),
      ];
      if (loss === undefined || cost === undefined || !result) continue;
      const twin = points.get(result.key);
      const own = { label: row.name, series, cost, loss };
      const label = `${twin?.label} + ${row.name}`;
      points.set(result.key, twin ? { ...twin, label, series: 'both' } : own);
    }
  }
  return [...points.values()];
}

// The plot of these points, with the losses from elsewhere as lines.
export function scatterSvg(report: Report, scatter: Scatter): string {
  const points = methodPoints(report, scatter);
  const references = report.options.reference.map(({ name, loss }) => ({
    label: `${name}: ${loss}`,
    loss: Number(loss),
  }));
  const marginRight = Math.max(24, ...references.map(({ label }) => textWidth(label) + 16));
  const x = costAxis(points, [FRAME.marginLeft, FRAME.width - marginRight]);
  const y = lossAxis([...points, ...references], [BOTTOM, FRAME.marginTop]);
  return svgText({
    marginRight,
    x: { ...x, label: `${scatter.axis} →`, labelAnchor: 'center' },
    y: { ...y, label: null, grid: true },
    marks: [
      ...heading(
        scatter.title,
        `blue: schemes, orange: optimizers, black: in both tables; ${points.length} methods`,
        'held-out loss, nats per character (host)',
      ),
      ...referenceMarks(references, y),
      ...pointMarks(points, x, y),
    ],
  });
}

function pointMarks(
  points: readonly MethodPoint[],
  x: Plot.ScaleOptions,
  y: Plot.ScaleOptions,
): Plot.Markish[] {
  const [scaleX, scaleY] = [Plot.scale({ x }), Plot.scale({ y })];
  const pixels = points.map(({ label, cost, loss }) => ({
    label,
    x: scaleX.apply(cost),
    y: scaleY.apply(loss),
  }));
  const places = placeLabels(pixels, [FRAME.marginTop + LINE_HEIGHT, BOTTOM - LINE_HEIGHT]);
  const labelled = points.map((point, index) => ({
    ...point,
    toX: scaleX.invert?.(places[index]?.x),
    toY: scaleY.invert?.(places[index]?.y),
    fill: COLOURS[point.series] ?? GREY,
  }));
  return [
    Plot.link(labelled, { x1: 'cost', y1: 'loss', x2: 'toX', y2: 'toY', ...leader }),
    Plot.dot(labelled, { x: 'cost', y: 'loss', fill: 'fill', r: 4.5 }),
    Plot.text(labelled, { x: 'toX', y: 'toY', text: 'label', fill: 'fill', ...start }),
  ];
}

function referenceMarks(
  references: readonly { label: string; loss: number }[],
  y: Plot.ScaleOptions,
): Plot.Markish[] {
  const scale = Plot.scale({ y });
  const wanted = references.map(({ loss }) => scale.apply(loss));
  const places = spread(wanted, LINE_HEIGHT, [FRAME.marginTop, BOTTOM]);
  const lines = references.map((reference, index) => ({
    ...reference,
    toY: scale.invert?.(places[index]),
  }));
  return [
    Plot.ruleY(lines, { y: 'loss', stroke: GREY, strokeDasharray: '5 4' }),
    Plot.text(lines, { y: 'toY', text: 'label', fill: GREY, ...inMargin }),
  ];
}

const TICKS = Array.from({ length: 18 }, (_, power) => 2 ** (power - 2));
const start = { textAnchor: 'start', dx: 2 } as const;
const inMargin = { frameAnchor: 'right', textAnchor: 'start', dx: 8 } as const;
const leader = { stroke: GREY, strokeOpacity: 0.5 } as const;

// Powers of two, with room for the labels of the last column.
function costAxis(points: readonly MethodPoint[], range: [number, number]): Plot.ScaleOptions {
  const costs = points.length > 0 ? points.map(({ cost }) => cost) : [1];
  const [low, high] = [Math.min(...costs) / 1.5, Math.max(...costs) * 2.2];
  const ticks = TICKS.filter((tick) => tick >= low && tick <= high);
  return { type: 'log', base: 2, domain: [low, high], range, ticks };
}

function lossAxis(values: readonly { loss: number }[], range: [number, number]): Plot.ScaleOptions {
  const losses = values.length > 0 ? values.map(({ loss }) => loss) : [1];
  const [low, high] = [Math.min(...losses), Math.max(...losses)];
  const room = Math.max((high - low) * 0.08, 0.01);
  return { domain: [low - room, high + room], range };
}
