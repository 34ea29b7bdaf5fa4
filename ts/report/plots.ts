// The plots of a report. Colours are those of the page (CSS variables), so that both of its looks
// serve them; what they mean stands beside the plot.
import * as Plot from '@observablehq/plot';
import { FONT_SIZE, LINE_HEIGHT, textWidth } from '../plots/labels.ts';
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

// Where names take more, they are wrapped.
const MOST_FOR_NAMES = 0.32;
const BAR = 20;
const AXIS = 44;
const GAP = 16;
// On a logarithmic axis, beside the outermost dots.
const ROOM = 1.15;

// Bars that lie, a group of them a row, with the range of their repeats as a thin line.
export function barsSvg(bars: readonly Bar[], series: readonly string[], width: number): string {
  const groups = [...new Set(bars.map(({ group }) => group))];
  const most = Math.max(1, ...bars.map(({ value, most }) => most ?? value));
  const ranges = bars.filter(({ least, most }) => least !== undefined && most !== undefined);
  const place = { fy: 'group', y: 'series' } as const;
  return svgInline({
    ...frameOf(
      groups,
      bars.map(({ label }) => label),
      width,
    ),
    height: groups.length * (series.length * BAR + 8) + AXIS,
    x: { domain: [0, most], label: null, grid: true },
    y: { domain: series, axis: null, padding: 0.15 },
    fy: { domain: groups, label: null, padding: 0.15 },
    marks: [
      Plot.axisFy({ anchor: 'left', label: null, lineWidth: nameWidth(width) }),
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
  sums: ReadonlyMap<string, string>,
  width: number,
): string {
  const groups = [...sums.keys()];
  const total = (group: string) =>
    parts.reduce((sum, part) => sum + (part.group === group ? part.value : 0), 0);
  const ends = groups.map((group) => ({ group, value: total(group), label: sums.get(group) }));
  return svgInline({
    ...frameOf(groups, [...sums.values()], width),
    height: groups.length * (BAR + 12) + AXIS,
    x: { label: null, grid: true },
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
  width: number,
  one?: number,
): string {
  const rows = [...new Set(dots.map(({ row }) => row))];
  const height = rows.some((row) => isWrapped(row, width)) ? BAR + LINE_HEIGHT : BAR;
  const values = dots.map(({ value }) => value);
  const domain: [number, number] = [Math.min(...values) / ROOM, Math.max(...values) * ROOM];
  return svgInline({
    ...frameOf(rows, [''], width),
    height: rows.length * height + AXIS + 8,
    x: {
      ...{ type: 'log', label: null, grid: true },
      ticks: logTicks(domain, width / TICK),
      tickFormat: plain,
      domain,
    },
    y: { domain: rows, label: null, grid: true },
    marks: [
      Plot.axisY({ label: null, lineWidth: nameWidth(width) }),
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
  axis: string,
  width: number,
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
    ...{ width, height: 340, marginLeft: 60, marginRight: 20, marginTop: 28, marginBottom: 28 },
    x: { ...scale, ticks: [...new Set(points.map(({ x }) => x))], label: null },
    y: { ...scale, label: axis, labelArrow: 'none' },
    marks,
  });
}

function plain(value: number): string {
  return String(value);
}

// Pixels that a number on an axis has for itself.
const TICK = 80;
// Steps of a decade, from few to many.
const DECADES = [[1], [1, 3], [1, 2, 5], [1, 2, 3, 5, 7], [1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9]];

// Round numbers of a logarithmic axis, as many as there is room for.
export function logTicks([low, high]: readonly [number, number], most: number): number[] {
  const exponents: number[] = [];
  for (let at = Math.floor(Math.log10(low)); at <= Math.log10(high); at++) exponents.push(at);
  const each = DECADES.map((steps) =>
    exponents
      .flatMap((exponent) => steps.map((step) => Number(`${step}e${exponent}`)))
      .filter((tick) => tick >= low && tick <= high),
  );
  return each.findLast((ticks) => ticks.length <= most) ?? each[0] ?? [];
}

// Room for the names at the left and the labels at the right.
function frameOf(names: readonly string[], labels: readonly string[], width: number) {
  const room = (words: readonly string[]) => Math.max(...words.map(textWidth), 0) + GAP;
  return {
    width,
    marginTop: 6,
    marginBottom: AXIS - 18,
    marginLeft: Math.min(room(names), width * MOST_FOR_NAMES + GAP),
    marginRight: Math.max(24, room(labels)),
  };
}

// How many letters' heights a line of names may be wide.
function nameWidth(width: number): number {
  return (width * MOST_FOR_NAMES) / FONT_SIZE;
}

function isWrapped(name: string, width: number): boolean {
  return textWidth(name) > width * MOST_FOR_NAMES;
}
