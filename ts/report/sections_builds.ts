// The sections on builds: that all made the same bits, how long they took, how large they are.

import { emulatorOf, findTarget } from '../build/targets.ts';
import type { BuildFacts, ReportData, RunnerResult } from './data.ts';
import { netSeconds, timeRatio } from './derived.ts';
import { duration, NONE, ratio, spreadText, whole } from './numbers.ts';
import { type Block, type Rows, type Section, sectionOf, tableOf, text } from './page.ts';
import { type Bar, barsSvg } from './plots.ts';
import { median } from './stats.ts';

const DIGITS = 16;

// What every runner left behind.
export function bitsSection({ runners }: ReportData): Section {
  const hash = (name: 'checkpoint' | 'story' | 'log') => (row: RunnerResult) =>
    row.hashes[name]?.slice(0, DIGITS) ?? NONE;
  const loss = ({ loss }: RunnerResult) => (loss ? `${loss.first} → ${loss.last}` : NONE);
  const state = ({ skipped, difference }: RunnerResult) =>
    skipped !== null ? `did not run: ${skipped}` : difference === null ? 'yes' : 'NO';
  const columns = [
    { head: 'runner', cell: ({ runner }: RunnerResult) => runner },
    { head: 'runs', cell: whereOf },
    { head: 'checkpoint, SHA-256', cell: hash('checkpoint') },
    { head: 'generated text', cell: hash('story') },
    { head: 'losses of all steps', cell: hash('log') },
    { head: 'loss, first → last step', cell: loss },
    { head: 'equal', cell: state },
  ];
  const how = 'The first row is the reference. The whole hashes are in report.json.';
  return sectionOf('Same bits', runners, 'Nothing ran for this report.', (rows) => [
    text(how),
    tableOf(columns, rows),
  ]);
}

// Where a runner runs.
export function whereOf({ target, machine }: RunnerResult): string {
  if (machine !== null) return `laptop ${machine} (emulated)`;
  const emulator = emulatorOf(findTarget(target));
  if (emulator !== undefined) return `${emulator.join(' ')} (emulated)`;
  if (target.startsWith('wasm')) return 'here, under Node (host)';
  return target.startsWith('host') ? 'here (host)' : 'here, as i386 (host)';
}

// Time beside the plain host build.
export function timeSection(data: ReportData): Section {
  const timed = data.runners.filter((row) => row.timed !== null);
  return sectionOf('Time on this machine', timed, 'Not timed in this report.', (rows) => [
    text(timeText(data)),
    timePlot(data, rows),
    timeTable(data, rows),
  ]);
}

function timeText({ scenario }: ReportData): string {
  return (
    `Median (least..most) of ${scenario.runs} runs, the builds in turn, nothing else of ` +
    'this report beside them. More than 1 is slower than the plain host build. The start ' +
    '(loading the program, and compiling it where it is WebAssembly) is subtracted. Laptops ' +
    'have no time here, because their instructions are counted below.'
  );
}

function timePlot(data: ReportData, timed: Rows<RunnerResult>): Block {
  const legend = ['training', 'generation'];
  const bars = timed.flatMap((row) => [
    ...bar(data, row, 'train', 'training'),
    ...bar(data, row, 'generate', 'generation'),
  ]);
  return {
    kind: 'plot',
    title: 'Time, × plain host build (host)',
    draw: (width) => barsSvg(bars, legend, width),
    ...{ legend, axis: 'times as long as the plain host build (host)' },
  };
}

function timeTable(data: ReportData, timed: Rows<RunnerResult>): Block {
  const ratioCell = (part: 'train' | 'generate') => (row: RunnerResult) => {
    const spread = timeRatio(data, row, part);
    return spread ? spreadText(spread) : NONE;
  };
  const absolute = (part: 'train' | 'generate') => (row: RunnerResult) =>
    row.timed ? duration(netSeconds(row.timed, part).median) : NONE;
  const startup = ({ timed }: RunnerResult) => (timed ? duration(median(timed.startup)) : NONE);
  return tableOf<RunnerResult>(
    [
      { head: 'runner', cell: ({ runner }) => runner },
      { head: 'training, × plain host build', origin: 'host', cell: ratioCell('train') },
      { head: 'time', origin: 'host', cell: absolute('train') },
      { head: 'generation, × plain host build', origin: 'host', cell: ratioCell('generate') },
      { head: 'time', origin: 'host', cell: absolute('generate') },
      { head: 'start, not included', origin: 'host', cell: startup },
    ],
    timed,
  );
}

function bar(data: ReportData, row: RunnerResult, part: 'train' | 'generate', series: string) {
  const spread = timeRatio(data, row, part);
  if (!spread) return [];
  const { median: value, least, most } = spread;
  return [{ group: row.runner, series, value, least, most, label: ratio(value) } satisfies Bar];
}

// What has to be carried to a machine.
export function sizeSection({ builds, model, host }: ReportData): Section {
  const sizes = model
    ? `The checkpoint has ${whole(model.checkpointBytes)} bytes (host); the model alone, ` +
      `exported and packed, ${whole(model.exportedBytes)} (host), ` +
      `${ratio(model.exportedBytes / model.checkpointBytes)} of that.`
    : 'No model was kept.';
  const machine = `Built on ${host.cpu}, ${host.kernel}.`;
  return sectionOf('Sizes and compilers', builds, 'Nothing was built for this report.', (rows) => [
    text(`${sizes} ${machine}`),
    sizeTable(rows),
  ]);
}

function sizeTable(builds: Rows<BuildFacts>): Block {
  const smallest = Math.min(...builds.map(({ bytes }) => bytes));
  return tableOf<BuildFacts>(
    [
      { head: 'build', cell: ({ target }) => target },
      { head: 'what', cell: ({ title }) => title },
      { head: 'program, bytes', origin: 'host', cell: ({ bytes }) => whole(bytes) },
      { head: '× the smallest', origin: 'host', cell: ({ bytes }) => ratio(bytes / smallest) },
      { head: 'compiler', cell: ({ compiler }) => compiler },
      { head: 'C library', cell: ({ libc }) => libc },
      { head: 'flags', cell: ({ flags }) => flags.join(' ') },
    ],
    builds,
  );
}
