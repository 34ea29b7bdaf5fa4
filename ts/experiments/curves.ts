// curves.svg: the training loss of every run by step.
import * as Plot from '@observablehq/plot';
import { LINE_HEIGHT, spread, textWidth } from '../plots/labels.ts';
import { BLACK, FRAME, GREY, heading, PALETTE, svgText } from '../plots/svg.ts';
import { type LossPoint, smoothed } from '../program/losses.ts';
import type { Report } from './report.ts';
import { methodTables } from './tables.ts';

// A line of the plot, and the name at its end.
export interface Curve {
  label: string;
  colour: string;
  dash: string;
  points: readonly LossPoint[];
}

// The first steps fall from so high that the rest would be a flat line.
const HIDDEN_PART = 0.05;
const LABELS_AT = 1.05;

// A curve for each run with a log, by the key of the run; those of the memory table are too short.
export function curvesOf(report: Report, logs: ReadonlyMap<string, readonly LossPoint[]>): Curve[] {
  const curves = new Map<string, Curve & { seed: string }>();
  for (const { name, rows } of methodTables(report.tables)) {
    const dash = name === 'schemes' ? 'none' : '6 3';
    for (const [index, row] of rows.entries()) {
      const colour = PALETTE[index % PALETTE.length] ?? GREY;
      for (const run of row.runs) {
        const points = smoothed(logs.get(run.key) ?? []);
        if (points.length === 0) continue;
        const seed = row.runs.length > 1 ? ` (seed ${run.seed})` : '';
        const own = { label: row.name, seed, colour, dash, points };
        const twin = curves.get(run.key);
        const label = `${twin?.label} + ${row.name}`;
        curves.set(run.key, twin ? { ...twin, label, colour: BLACK, dash: 'none' } : own);
      }
    }
  }
  return [...curves.values()].map(({ seed, ...curve }) => ({
    ...curve,
    label: curve.label + seed,
  }));
}

// The plot of these curves.
export function curvesSvg(curves: readonly Curve[]): string {
  const steps = Math.max(1, ...curves.flatMap(({ points }) => points.map(({ step }) => step)));
  const marginRight = Math.max(24, ...curves.map(({ label }) => textWidth(label) + 48));
  const height = Math.max(FRAME.height, curves.length * LINE_HEIGHT + ROOM);
  const bottom = height - FRAME.marginBottom;
  const domain = lossDomain(curves, steps);
  const y = { domain, range: [bottom, FRAME.marginTop] };
  return svgText({
    ...{ height, marginRight },
    x: { domain: [0, steps], label: 'step →', labelAnchor: 'center' },
    y: { ...y, label: null, grid: true },
    marks: [
      ...heading(
        'Training loss by step, smoothed',
        'solid: schemes, dashed: optimizers, black: in both tables',
        'training loss, nats per character (host)',
      ),
      ...curves.map(({ points, colour, dash }) =>
        Plot.line(
          points.filter(({ loss }) => loss <= domain[1]),
          { ...line, stroke: colour, strokeDasharray: dash },
        ),
      ),
      ...labelMarks(curves, steps, y, [FRAME.marginTop, bottom]),
    ],
  });
}

const ROOM = FRAME.marginTop + FRAME.marginBottom;
const line = { x: 'step', y: 'loss', strokeWidth: 1.4 } as const;
const beside = { textAnchor: 'start', dx: 3 } as const;

function lossDomain(curves: readonly Curve[], steps: number): [number, number] {
  const shown = curves
    .flatMap(({ points }) => points)
    .filter(({ step }) => step >= steps * HIDDEN_PART)
    .map(({ loss }) => loss);
  return shown.length > 0 ? [Math.min(...shown), Math.max(...shown)] : [0, 1];
}

// Names at the ends of the curves, apart from each other.
function labelMarks(
  curves: readonly Curve[],
  steps: number,
  y: Plot.ScaleOptions,
  limits: readonly [number, number],
): Plot.Markish[] {
  const scale = Plot.scale({ y });
  const ends = curves.map(({ points }) => points.at(-1) ?? { step: 0, loss: 0 });
  const wanted = ends.map(({ loss }) => scale.apply(loss));
  const places = spread(wanted, LINE_HEIGHT, limits);
  const labels = curves.map(({ label, colour }, index) => ({
    ...{ ...ends[index], label, colour },
    toStep: steps * LABELS_AT,
    toLoss: scale.invert?.(places[index]),
  }));
  const ways = { x1: 'step', y1: 'loss', x2: 'toStep', y2: 'toLoss', stroke: 'colour' };
  return [
    Plot.link(labels, { ...ways, strokeWidth: 0.7 }),
    Plot.text(labels, { x: 'toStep', y: 'toLoss', text: 'label', fill: 'colour', ...beside }),
  ];
}
