// race.svg: held-out loss against modelled hours of the laptop.
import * as Plot from '@observablehq/plot';
import { textWidth } from '../plots/labels.ts';
import { BLACK, GREY, heading, PALETTE, svgText } from '../plots/svg.ts';
import type { RacePoint } from './race.ts';
import { racersOf } from './race_report.ts';
import type { Report } from './report.ts';

const HOUR = 3600;

const [BLUE = '', ORANGE = '', GREEN = ''] = PALETTE;

// The picture; nothing where the race has no result.
export function raceSvg(report: Report): string | undefined {
  const racers = racersOf(report);
  if (racers.length === 0) return undefined;
  const target = Number(report.options.raceTo);
  const lines = racers.map((racer, index) => {
    return { ...racer, colour: [ORANGE, BLUE, GREEN][index] ?? GREY };
  });
  const marginRight = Math.max(...racers.map(({ name }) => textWidth(name))) + 24;
  const hours = ({ seconds }: RacePoint) => seconds / HOUR;
  const ends = lines.flatMap(({ name, colour, points }) => {
    const end = points.at(-1);
    return end ? [{ ...end, name, colour }] : [];
  });
  return svgText({
    marginRight,
    x: { type: 'log', label: 'hours of the laptop (modelled) →', labelAnchor: 'center' },
    y: { label: null, grid: true, nice: true },
    marks: [
      ...heading(
        'Time to a loss',
        'each point is a whole training of that length; dashed: the loss of the race',
        'held-out loss, nats per character (host)',
      ),
      Plot.ruleY([target], { stroke: GREY, strokeDasharray: '5 4' }),
      ...lines.flatMap(({ points, colour }) => [
        Plot.line(points, { x: hours, y: 'loss', stroke: colour, strokeWidth: 1.6 }),
        Plot.dot(points, { x: hours, y: 'loss', fill: colour, r: 3.5 }),
      ]),
      Plot.text(ends, { x: hours, y: 'loss', text: 'name', fill: 'colour', ...BESIDE }),
      Plot.text([target], { y: (loss: number) => loss, text: String, fill: BLACK, ...IN_MARGIN }),
    ],
  });
}

const BESIDE = { textAnchor: 'start', dx: 8 } as const;
const IN_MARGIN = { frameAnchor: 'left', textAnchor: 'start', dx: 4, dy: -8 } as const;
