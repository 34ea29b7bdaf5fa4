// Pictures of a sweep: the metric against memory and against modelled hours, and what each parameter
// matters.
import * as Plot from '@observablehq/plot';
import { textWidth } from '../plots/labels.ts';
import { BLACK, FRAME, GREY, heading, PALETTE, svgText } from '../plots/svg.ts';
import { importanceOf } from './importance.ts';
import type { OutcomeLine } from './journal.ts';
import { finished, hoursOf, type Leaderboard, type Picture, pictureFiles } from './leaderboard.ts';

const MEGABYTE = 1e6;
const BAR = 28;
const [BLUE = '', ORANGE = ''] = PALETTE;

interface Axis {
  file: string;
  title: string;
  label: string;
  cost: (outcome: OutcomeLine, board: Leaderboard) => number | undefined;
}

const AXES: readonly Axis[] = [
  {
    file: pictureFiles.bytes,
    title: 'What memory buys',
    label: 'MB of RAM in training (host)',
    cost: ({ ram_bytes }) => ram_bytes && ram_bytes / MEGABYTE,
  },
  {
    file: pictureFiles.cycles,
    title: 'What time buys',
    label: 'hours of the laptop for the whole training (modelled)',
    cost: (outcome, { clock }) => hoursOf(outcome, clock),
  },
];

// Those that have something to show.
export function picturesOf(board: Leaderboard): (Picture & { svg: string })[] {
  const scatters = AXES.flatMap(({ file, title, ...axis }) => {
    const svg = scatterOf(board, { file, title, ...axis });
    return svg === undefined ? [] : [{ file, title, svg }];
  });
  const bars = importanceOf(board.sweep.search.space, finished(board.places));
  if (bars.length === 0) return scatters;
  const title = 'What each parameter matters';
  return [...scatters, { file: pictureFiles.parameters, title, svg: barsOf(board, bars, title) }];
}

function scatterOf(board: Leaderboard, { title, label, cost }: Axis): string | undefined {
  const { metric } = board.sweep;
  const done = new Set(finished(board.places).map(({ trial }) => trial));
  const points = board.places.flatMap(({ rank, outcome }) => {
    const [x, y] = [cost(outcome, board), outcome.value];
    const colour = rank === 1 ? ORANGE : done.has(outcome.trial) ? BLUE : GREY;
    return x === undefined || y === undefined ? [] : [{ x, y, rank, colour }];
  });
  if (points.length === 0) return undefined;
  return svgText({
    x: { label: `${label} →`, labelAnchor: 'center', nice: true, grid: true, inset: 12 },
    y: { label: null, grid: true, nice: true, inset: 12 },
    marks: [
      ...heading(
        title,
        'orange: the best; blue: to the end; grey: stopped early',
        `${metric.name} (host)`,
      ),
      Plot.dot(points, { x: 'x', y: 'y', fill: 'colour', r: 4.5 }),
      Plot.text(
        points.filter(({ rank }) => rank === 1),
        { x: 'x', y: 'y', text: 'y', fill: BLACK, textAnchor: 'start', dx: 8 },
      ),
    ],
  });
}

function barsOf(
  { sweep }: Leaderboard,
  bars: readonly { name: string; share: number }[],
  title: string,
): string {
  const marginLeft = Math.max(FRAME.marginLeft, ...bars.map(({ name }) => textWidth(name) + 24));
  return svgText({
    ...{ marginLeft, height: FRAME.marginTop + FRAME.marginBottom + bars.length * BAR },
    x: { domain: [0, 1], label: 'share of the variance that it explains →', labelAnchor: 'center' },
    y: { label: null, domain: bars.map(({ name }) => name) },
    marks: [
      ...heading(title, `of ${sweep.metric.name}, over the trials that went farthest`, 'parameter'),
      Plot.barX(bars, { x: 'share', y: 'name', fill: BLUE }),
      Plot.text(bars, { x: 'share', y: 'name', text: ({ share }) => share.toFixed(2), dx: 16 }),
    ],
  });
}
