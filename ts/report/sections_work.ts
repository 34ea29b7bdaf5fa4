// The sections on work in the laptop: instructions a token, where those of a step go, how they grow.
import type { ReportData, RunnerResult, ScalingPoint } from './data.ts';
import {
  growth,
  perGeneratedToken,
  perTrainedToken,
  phasePerToken,
  phaseRatio,
  restPerToken,
  startInstructions,
} from './derived.ts';
import { NONE, ratio, whole } from './numbers.ts';
import { type Block, type Column, type Section, tableOf, text } from './page.ts';
import { linesSvg, type Part, stackSvg } from './plots.ts';
import { ASSUMED_BANDWIDTH, FORMULA, type Projection, projections } from './projection.ts';
import {
  FORMS,
  REFERENCE_FORM,
  SCALING_AXES,
  SCALING_BASE,
  SCALING_BYTES,
  SCALING_STEPS,
  STEP_PARTS,
} from './scenario.ts';

// Guest instructions a token.
export function workSection(data: ReportData): Section {
  const laptops = data.runners.filter(({ counted }) => counted !== null);
  const fastest = Math.min(...laptops.map((row) => perTrainedToken(row) ?? Number.NaN));
  const leastGenerated = Math.min(...laptops.map((row) => perGeneratedToken(row) ?? Number.NaN));
  const count = (head: string, of: (row: RunnerResult) => number | undefined) =>
    ({ head, origin: 'emulated', cell: (row: RunnerResult) => whole(of(row)) }) as const;
  const beside = (of: (row: RunnerResult) => number | undefined, least: number) =>
    ({
      head: '× the least',
      origin: 'emulated',
      cell: (row: RunnerResult) => ratio((of(row) ?? Number.NaN) / least),
    }) as const;
  const table = tableOf<RunnerResult>(
    [
      { head: 'runner', cell: ({ runner }) => runner },
      count('instructions a trained token', perTrainedToken),
      beside(perTrainedToken, fastest),
      count('instructions a generated token', perGeneratedToken),
      beside(perGeneratedToken, leastGenerated),
      count('instructions before the first token', startInstructions),
    ],
    laptops,
  );
  const how =
    'Counted, not timed: the same for the same program on every host and each time. Two lengths of each command ran in ' +
    'one boot; their difference is the work without the start. The kernel’s work for the program ' +
    'is in it.';
  return { title: 'Work in the laptops', blocks: [text(how), table] };
}

// Where the instructions of a step go, in each form.
export function phaseSection(data: ReportData): Section {
  const title = 'Where a training step’s instructions go';
  if (data.phases.length === 0) return { title, blocks: [text('Not counted in this report.')] };
  const per = (form: string): PhaseColumn => ({
    head: form,
    origin: 'emulated',
    cell: (phase) =>
      whole(phase === REST ? restPerToken(data, form) : phasePerToken(data, phase, form)),
  });
  const beside = (form: string): PhaseColumn => ({
    head: `${form}, × ${REFERENCE_FORM}`,
    origin: 'emulated',
    cell: (phase) => ratio(phaseRatio(data, phase, form)),
  });
  const others = FORMS.filter((form) => form !== REFERENCE_FORM);
  const table = tableOf<string>(
    [{ head: 'phase', cell: (phase) => phase }, ...FORMS.map(per), ...others.map(beside)],
    ['step', ...STEP_PARTS, REST, 'generate'],
  );
  return { title, blocks: [text(PHASES_TEXT), phasePlot(data), table] };
}

type PhaseColumn = Column & { cell: (phase: string) => string };

// What a step does beside its parts.
const REST = 'rest';

const PHASES_TEXT =
  'Instructions a token on the p3 laptop: of two repeats less those of one. fast and plain are the ' +
  'ternary model with and without SSE and MMX; fp32 and fp32-sse are the same model in floating ' +
  'point, compiled with -ffast-math, its products in C and in SSE; it learns with AdamW, the ternary ' +
  'one with Muon, so update compares two optimizers. The rest is ' +
  'what a step takes more (or, below zero, less) than its parts measured alone. generate is one character at half the context from packed weights; from a ' +
  'checkpoint, as in the table above, nothing has to be unpacked.';

function phasePlot(data: ReportData): Block {
  const part = (group: string, name: string, value: number | undefined) => ({
    ...{ group, part: name },
    value: Math.max(0, value ?? 0) / 1000,
  });
  const parts: Part[] = FORMS.flatMap((form) => [
    ...STEP_PARTS.map((name) => part(form, name, phasePerToken(data, name, form))),
    part(form, REST, restPerToken(data, form)),
  ]);
  const sums = new Map(
    FORMS.map((form) => [form, `${ratio(phaseRatio(data, 'step', form))} × ${REFERENCE_FORM}`]),
  );
  const names = [...STEP_PARTS, REST];
  return {
    kind: 'plot',
    title: 'Instructions of a training step by phase (emulated)',
    svg: stackSvg(parts, names, 'thousand instructions a token (emulated)', sums),
    legend: names,
  };
}

// How work and memory grow with the shape.
export function scalingSection(data: ReportData): Section {
  const title = 'How a training step grows';
  const { scaling } = data;
  if (scaling.length === 0) return { title, blocks: [text('Not counted in this report.')] };
  type Row = { point: ScalingPoint; index: number };
  const axisTitle = (name: string) =>
    SCALING_AXES.find((axis) => axis.name === name)?.title ?? name;
  const table = tableOf<Row>(
    [
      { head: 'what grows', cell: ({ point }) => axisTitle(point.axis) },
      { head: 'size', cell: ({ point }) => String(point.size) },
      { head: 'tokens a step', cell: ({ point }) => whole(point.tokensPerStep) },
      count('instructions a step', ({ instructions }) => instructions),
      { head: 'grows with the power', origin: 'emulated', cell: power },
      count('plan, bytes', ({ memory }) => memory.plan),
      count('peak, bytes', ({ memory }) => memory.peak),
      { head: 'peak / plan', origin: 'emulated', cell: ({ point }) => ofPlan(point) },
    ],
    scaling.map((point, index) => ({ point, index })),
  );
  function power({ index }: Row): string {
    return growth(data, index)?.toFixed(2) ?? NONE;
  }
  function count(head: string, of: (point: ScalingPoint) => number | null) {
    return { head, origin: 'emulated', cell: ({ point }: Row) => whole(of(point)) } as const;
  }
  const shape = Object.entries(SCALING_BASE).map((pair) => pair.join(' '));
  const how =
    `Training steps on the p3 laptop. Each part starts from ${shape.join(', ')} and changes one ` +
    `size; counted are ${SCALING_STEPS.long} steps less ${SCALING_STEPS.short}, on the first ` +
    `${whole(SCALING_BYTES)} bytes of the text. The power is the slope in log-log from ` +
    'the row before: 1 is in proportion, 2 is by the square.';
  return { title, blocks: [text(how), scalingPlot(data), table] };
}

function ofPlan({ memory: { plan, peak } }: ScalingPoint): string {
  return peak === null ? NONE : ratio(peak / plan);
}

function scalingPlot({ scaling }: ReportData): Block {
  const base = (name: ScalingPoint['axis']) =>
    scaling.find(({ axis, size }) => axis === name && size === SCALING_BASE[name]);
  const points = scaling.flatMap(({ axis, size, instructions }) => {
    const own = base(axis);
    return own ? [{ line: axis, x: size / own.size, y: instructions / own.instructions }] : [];
  });
  const names = SCALING_AXES.map(({ name }) => name);
  const axes = { x: 'size, × the shape in common', y: 'instructions a step, × (emulated)' };
  const title = 'Growth of a training step (emulated)';
  return { kind: 'plot', title, svg: linesSvg(points, names, axes), legend: names };
}

// What the counts would mean on silicon.
export function projectionSection(data: ReportData): Section {
  const rows = projections(data);
  const table = tableOf<Projection>(
    [
      { head: 'laptop', cell: ({ runner }) => runner },
      { head: 'work', cell: ({ work }) => (work === 'train' ? 'training' : 'generation') },
      { head: 'instructions a token', origin: 'emulated', cell: (row) => whole(row.instructions) },
      { head: 'bytes of weights a token', origin: 'emulated', cell: ({ bytes }) => whole(bytes) },
      { head: 'clock, MHz', origin: 'projected', cell: ({ clock }) => whole(clock / 1e6) },
      { head: 'IPC', origin: 'projected', cell: ({ ipc }) => String(ipc) },
      { head: 'ms a token', origin: 'projected', cell: ({ seconds }) => ratio(seconds * 1000) },
      { head: 'tokens a second', origin: 'projected', cell: ({ seconds }) => ratio(1 / seconds) },
    ],
    rows,
  );
  const how =
    `${FORMULA}. Nothing here was measured on silicon. The clock is that of the machine’s row in ` +
    'emu/machines.json; IPC (instructions a cycle) and memory bandwidth ' +
    `(${whole(ASSUMED_BANDWIDTH / 1e6)} MB/s) are assumptions. Bytes are those of the weights that ` +
    'the bench reads, all taken to miss the caches; where no bench told them, they are left out.';
  return { title: 'Projection to silicon', blocks: [text(how), table] };
}
