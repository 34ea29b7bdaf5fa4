// The section on growth: how work and memory grow with the shape.
import type { ReportData, ScalingPoint } from './data.ts';
import { growth } from './derived.ts';
import { NONE, ratio, whole } from './numbers.ts';
import { type Block, type Rows, type Section, sectionOf, tableOf, text } from './page.ts';
import { linesSvg } from './plots.ts';
import {
  SCALING_AXES,
  SCALING_BASE,
  SCALING_BYTES,
  SCALING_SETTINGS,
  SCALING_STEPS,
} from './scenario.ts';

// How work and memory grow with the shape.
export function scalingSection(data: ReportData): Section {
  const rows = data.scaling.map((point, index) => ({ point, index }));
  return sectionOf('How a training step grows', rows, 'Not counted in this report.', (some) => [
    text(GROWTH_TEXT),
    ...scalingPlot(data),
    scalingTable(data, some),
  ]);
}

interface Row {
  point: ScalingPoint;
  index: number;
}

function scalingTable(data: ReportData, rows: Rows<Row>): Block {
  const axisTitle = (name: string) =>
    SCALING_AXES.find((axis) => axis.name === name)?.title ?? name;
  return tableOf<Row>(
    [
      { head: 'what grows', cell: ({ point }) => axisTitle(point.axis) },
      { head: 'size', cell: ({ point }) => String(point.size) },
      { head: 'tokens per step', cell: ({ point }) => whole(point.tokensPerStep) },
      count('instructions per step', ({ instructions }) => instructions),
      { head: 'exponent of growth', origin: 'emulated', cell: power },
      count('plan, bytes', ({ memory }) => memory.plan),
      count('peak, bytes', ({ memory }) => memory.peak),
      { head: 'peak / plan', origin: 'emulated', cell: ({ point }) => ofPlan(point) },
    ],
    rows,
  );
  function power({ index }: Row): string {
    return growth(data, index)?.toFixed(2) ?? NONE;
  }
  function count(head: string, of: (point: ScalingPoint) => number | null) {
    return { head, origin: 'emulated', cell: ({ point }: Row) => whole(of(point)) } as const;
  }
}

const BASE_SHAPE = Object.entries(SCALING_BASE).map((pair) => pair.join(' '));
const GROWTH_TEXT =
  `Training steps on the p3 laptop. Each part starts from ${BASE_SHAPE.join(', ')} and changes one ` +
  `size. The count is that of ${SCALING_STEPS.long} steps less that of ${SCALING_STEPS.short}, on the first ` +
  `${whole(SCALING_BYTES)} bytes of the text. They learn with ${SCALING_SETTINGS.optimizer}, ` +
  'whose update takes less work than that of Muon, in the phases above; both grow with the weights ' +
  'and not with the tokens. The exponent is the slope in log-log ' +
  'from the row before: 1 is proportional growth, 2 is growth with the square.';

function ofPlan({ memory: { plan, peak } }: ScalingPoint): string {
  return peak === null ? NONE : ratio(peak / plan);
}

function scalingPlot({ scaling }: ReportData): Block[] {
  const base = (name: ScalingPoint['axis']) =>
    scaling.find(({ axis, size }) => axis === name && size === SCALING_BASE[name]);
  const points = scaling.flatMap(({ axis, size, instructions }) => {
    const own = base(axis);
    return own ? [{ line: axis, x: size / own.size, y: instructions / own.instructions }] : [];
  });
  if (points.length === 0) return [];
  const legend = SCALING_AXES.map(({ name }) => name);
  return [
    {
      kind: 'plot',
      title: 'Growth of a training step (emulated)',
      draw: (width) => linesSvg(points, legend, 'instructions per step, × (emulated)', width),
      ...{ legend, axis: 'size, × the base shape' },
    },
  ];
}
