// The sections on work in the laptop: instructions a token, and where those of a step go.
import type { ReportData, RunnerResult } from './data.ts';
import {
  perGeneratedToken,
  perTrainedToken,
  phasePerToken,
  phaseRatio,
  restPerToken,
  startInstructions,
} from './derived.ts';
import { ratio, whole } from './numbers.ts';
import {
  type Block,
  type Column,
  type Rows,
  type Section,
  sectionOf,
  tableOf,
  text,
} from './page.ts';
import { type Part, stackSvg } from './plots.ts';
import { FORMS, REFERENCE_FORM, STEP_PARTS } from './scenario.ts';

// Guest instructions a token.
export function workSection(data: ReportData): Section {
  const laptops = data.runners.filter(({ counted }) => counted !== null);
  return sectionOf('Work in the laptops', laptops, 'Not counted in this report.', (rows) => [
    text(WORK_TEXT),
    workTable(rows),
  ]);
}

const WORK_TEXT =
  'These are counted, not timed: a program has the same count on every host and each time. Each ' +
  'command ran in two lengths in one boot; their difference is the work without the start. It ' +
  'includes the kernel’s work for the program.';

function workTable(laptops: Rows<RunnerResult>): Block {
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
  return tableOf<RunnerResult>(
    [
      { head: 'runner', cell: ({ runner }) => runner },
      count('instructions per trained token', perTrainedToken),
      beside(perTrainedToken, fastest),
      count('instructions per generated token', perGeneratedToken),
      beside(perGeneratedToken, leastGenerated),
      count('instructions before the first token', startInstructions),
    ],
    laptops,
  );
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
  'Instructions per token on the p3 laptop: those of two repeats less those of one. fast and plain ' +
  'are the ternary model with and without SSE and MMX; fp32 and fp32-sse are the same model ' +
  'in floating point, compiled with -ffast-math, its products in C and in SSE; it learns with ' +
  'AdamW, the ternary one with Muon, so update compares two optimizers. The rest is ' +
  'the step less its parts, each measured alone; it may be negative. generate is one character ' +
  'in the middle of the context, from packed weights.';

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
    draw: (width) => stackSvg(parts, names, sums, width),
    ...{ legend: names, axis: 'thousand instructions per token (emulated)' },
  };
}
