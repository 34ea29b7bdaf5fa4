// All sections of a report in their order.
import { againstSection } from './against.ts';
import { problemsOf } from './checks.ts';
import type { ReportData } from './data.ts';
import { perGeneratedToken, perTrainedToken, phaseRatio } from './derived.ts';
import { ratio, whole } from './numbers.ts';
import { areRows, type Block, type Page, type Rows, type Section, tableOf, text } from './page.ts';
import { COUNTING_RUNNER } from './scenario.ts';
import { bitsSection, sizeSection, timeSection } from './sections_builds.ts';
import { cyclesSection } from './sections_cycles.ts';
import { scalingSection } from './sections_growth.ts';
import { handSection } from './sections_hand.ts';
import { kernelSection } from './sections_kernels.ts';
import { memorySection } from './sections_memory.ts';
import { phaseSection, workSection } from './sections_work.ts';

// The page of a report, with what changed since an earlier one.
export function pageOf(data: ReportData, before?: ReportData): Page {
  const sections: Section[] = [
    summarySection(data),
    ...(before ? [againstSection(before, data)] : []),
    bitsSection(data),
    timeSection(data),
    workSection(data),
    phaseSection(data),
    cyclesSection(data),
    kernelSection(data),
    handSection(data),
    memorySection(data),
    scalingSection(data),
    sizeSection(data),
  ];
  return { title: `Legacy-1bit LLM: report of ${data.date.slice(0, 10)}`, sections };
}

function summarySection(data: ReportData): Section {
  const { host, scenario, seconds } = data;
  const shape = Object.entries(scenario.settings).map((pair) => pair.join(' '));
  const commit = `${data.commit}${data.uncommitted ? ', with uncommitted changes' : ''}`;
  const rows: Rows<[string, string]> = [
    ['date', data.date],
    ['commit', commit],
    ['command', data.command],
    ['training', `${shape.join(', ')}; then ${whole(scenario.tokens)} characters generated`],
    ['text', `${scenario.text.name}, ${whole(scenario.text.bytes)} bytes`],
    ['processor (host)', `${host.cpu}, ${host.cores} cores`],
    ['system (host)', `${host.kernel}; Node ${host.node}`],
    ['report took (host)', `${whole(seconds)} s`],
  ];
  const table = tableOf<[string, string]>(
    [
      { head: 'what', cell: ([name]) => name },
      { head: 'value', cell: ([, value]) => value },
    ],
    rows,
  );
  const whose =
    'Each number says where it comes from: (host) was measured on this machine, (emulated) was ' +
    'counted in an emulated laptop, (modelled) was worked out by a model of the processor.';
  return { title: 'Summary', blocks: [...verdict(data), text(whose), ...shortTable(data), table] };
}

// The numbers that a reader looks for first, of those that were measured.
function shortTable(data: ReportData): Block[] {
  const laptop = data.runners.find(({ runner }) => runner === COUNTING_RUNNER);
  const { plan, peak } = laptop?.memory ?? {};
  const all: [string, number | undefined][] = [
    ['instructions per trained token', laptop && perTrainedToken(laptop)],
    ['instructions per generated token', laptop && perGeneratedToken(laptop)],
    ['work of a training step, × fp32 in C', phaseRatio(data, 'step', 'fast')],
    ['work of forward, × fp32 in C', phaseRatio(data, 'forward', 'fast')],
    ['work of backward, × fp32 in C', phaseRatio(data, 'backward', 'fast')],
    ['work of update, Muon × AdamW in fp32', phaseRatio(data, 'update', 'fast')],
    ['work of generation from packed weights, × fp32 in C', phaseRatio(data, 'generate', 'fast')],
    ['peak memory, × its plan', plan && peak ? peak / plan : undefined],
  ];
  const rows = all.filter(([, value]) => value !== undefined);
  if (!areRows(rows)) return [];
  const number = (value = Number.NaN) => (value >= 1000 ? whole(value) : ratio(value));
  const columns = [
    { head: `in short, on ${COUNTING_RUNNER}`, cell: ([what]: (typeof all)[number]) => what },
    {
      head: 'number',
      origin: 'emulated',
      cell: ([, value]: (typeof all)[number]) => number(value),
    },
  ] as const;
  return [tableOf(columns, rows)];
}

function verdict(data: ReportData): Block[] {
  const problems = problemsOf(data);
  if (problems.length > 0) return problems.map((problem) => ({ kind: 'alarm', text: problem }));
  const ran = data.runners.filter(({ skipped }) => skipped === null);
  const sum = ran[0]?.hashes.checkpoint ?? '';
  return [text(`${ran.length} runs made the same checkpoint: SHA-256 ${sum}.`)];
}
