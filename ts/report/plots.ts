// The plots of a report. Colours are those of the page (CSS variables), so that both of its looks
// serve them; what they mean stands beside the plot.
import * as Plot from '@observablehq/plot';
import { textWidth } from '../plots/labels.ts';
import { svgInline } from '../plots/svg.ts';

// How many colours a page has.
export const COLOURS = 6;

// The colour of a series.
export function colour(index: number): string {
  return `var(--series-${(index % COLOURS) + 1})`;
}

// One bar of a group.
export interface Bar {
  group: string;
  series: string;
  value: number;
  least?: number;
  most?: number;
  /** What stands at its end. */
  label: string;
}

const WIDTH = 820;
const BAR = 20;
const AXIS = 44;
// On a logarithmic axis, beside the outermost dots.
const ROOM = 1.15;

// Bars that lie, a group of them a row, with the range of their repeats as a thin line.
export function barsSvg(bars: readonly Bar[], series: readonly string[], axis: string): string {
  const groups = [...new Set(bars.map(({ group }) => group))];
  const most = Math.max(1, ...bars.map(({ value, most }) => most ?? value));
  const ranges = bars.filter(({ least, most }) => least !== undefined && most !== undefined);
  const place = { fy: 'group', y: 'series' } as const;
  return svgInline({
    ...frameOf(
      groups,
      bars.map(({ label }) => label),
    ),
    height: groups.length * (series.length * BAR + 8) + AXIS,
    x: { domain: [0, most], label: axis, grid: true, labelAnchor: 'center', labelArrow: 'none' },
    y: { domain: series, axis: null, padding: 0.15 },
    fy: { domain: groups, label: null, padding: 0.15 },
    marks: [
      Plot.axisFy({ anchor: 'left', label: null }),
      ...series.map((name, index) =>
        Plot.barX(
          bars.filter((bar) => bar.series === name),
          { ...place, x: 'value', fill: colour(index) },
        ),
      ),
      Plot.ruleY(ranges, { ...place, x1: 'least', x2: 'most', stroke: 'currentColor' }),
      Plot.text(bars, { ...place, x: atEnd, text: 'label', textAnchor: 'start', dx: 6 }),
      Plot.ruleX([0]),
    ],
  });
}

function atEnd({ value, most }: Bar): number {
  return Math.max(value, most ?? value);
}

// One part of a bar that is made of parts.
export interface Part {
  group: string;
  part: string;
  value: number;
}

// Bars made of parts, a row each, with the sum at the end.
export function stackSvg(
  parts: readonly Part[],
  names: readonly string[],
  axis: string,
  sums: ReadonlyMap<string, string>,
): string {
  const groups = [...sums.keys()];
  const total = (group: string) =>
    parts.reduce((sum, part) => sum + (part.group === group ? part.value : 0), 0);
  const ends = groups.map((group) => ({ group, value: total(group), label: sums.get(group) }));
  return svgInline({
    ...frameOf(groups, [...sums.values()]),
    height: groups.length * (BAR + 12) + AXIS,
    x: { label: axis, grid: true, labelAnchor: 'center', labelArrow: 'none' },
    y: { domain: groups, label: null },
    color: { domain: [...names], range: names.map((_, index) => colour(index)) },
    marks: [
      Plot.barX(parts, { x: 'value', y: 'group', fill: 'part', order: [...names], insetRight: 1 }),
      Plot.text(ends, { x: 'value', y: 'group', text: 'label', textAnchor: 'start', dx: 6 }),
      Plot.ruleX([0]),
    ],
  });
}

// One dot.
export interface Dot {
  row: string;
  series: string;
  value: number;
}

// Dots on lines, on a logarithmic axis.
export function dotsSvg(
  dots: readonly Dot[],
  series: readonly string[],
  axis: string,
  one?: number,
): string {
  const rows = [...new Set(dots.map(({ row }) => row))];
  const values = dots.map(({ value }) => value);
  return svgInline({
    ...frameOf(rows, ['']),
    height: rows.length * BAR + AXIS + 8,
    x: {
      type: 'log',
      label: axis,
      grid: true,
      labelAnchor: 'center',
      labelArrow: 'none',
      ticks: 6,
      tickFormat: plain,
      domain: [Math.min(...values) / ROOM, Math.max(...values) * ROOM],
    },
    y: { domain: rows, label: null, grid: true },
    marks: [
      ...(one === undefined ? [] : [Plot.ruleX([one], { strokeOpacity: 0.6 })]),
      ...series.map((name, index) =>
        Plot.dot(
          dots.filter((dot) => dot.series === name),
          { x: 'value', y: 'row', r: 5, fill: colour(index), fillOpacity: 0.85 },
        ),
      ),
    ],
  });
}

// One point of a line.
export interface LinePoint {
  line: string;
  x: number;
  y: number;
}

// Lines in log-log.
export function linesSvg(
  points: readonly LinePoint[],
  names: readonly string[],
  axes: { x: string; y: string },
): string {
  const marks = names.flatMap((name, index) => {
    const own = points.filter(({ line }) => line === name);
    const style = { x: 'x', y: 'y', stroke: colour(index) } as const;
    return [
      Plot.line(own, { ...style, strokeWidth: 2 }),
      Plot.dot(own, { ...style, fill: colour(index), r: 3.5 }),
    ];
  });
  const scale = { type: 'log', base: 2, grid: true, tickFormat: plain } as const;
  return svgInline({
    ...{ width: WIDTH, height: 340, marginLeft: 60, marginRight: 20, marginTop: 28 },
    x: {
      ...scale,
      ticks: [...new Set(points.map(({ x }) => x))],
      label: axes.x,
      labelAnchor: 'center',
      labelArrow: 'none',
    },
    y: { ...scale, label: axes.y, labelArrow: 'none' },
    marks,
  });
}

function plain(value: number): string {
  return String(value);
}

// Room for the names at the left and the labels at the right.
function frameOf(names: readonly string[], labels: readonly string[]) {
  const room = (words: readonly string[]) => Math.max(...words.map(textWidth), 0) + 16;
  return {
    width: WIDTH,
    marginTop: 6,
    marginBottom: AXIS - 6,
    marginLeft: room(names),
    marginRight: Math.max(24, room(labels)),
  };
}
