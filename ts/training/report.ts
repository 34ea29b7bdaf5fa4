// What a training on the laptop came to, for people and as JSON. Every number says whose it is.
import { type CpuFacts, freeMemory } from '../guest/facts.ts';
import type { Machine } from '../guest/machines.ts';
import { lastWords } from '../runs/failure.ts';
import { sha256 } from '../support/hash.ts';
import { formatSeconds } from '../support/progress.ts';
import { kilobytes } from '../support/sizes.ts';
import type { LaptopRun, TrainedFiles, TrainedRun } from './train.ts';

// One file from both places.
export interface FileComparison {
  name: keyof TrainedFiles | 'weights' | 'story';
  laptop: string;
  host: string;
  equal: boolean;
}

// All that is told of a training.
export interface TrainingReport {
  machine: Machine;
  build: string;
  laptop: LaptopRun;
  host: TrainedRun;
  comparison: readonly FileComparison[];
  /** Where the laptop's files were put. */
  saved: string;
}

type ComparedRun = Pick<TrainedRun, 'files' | 'end' | 'story'>;

// The SHA-256 of each file from both places; where no checkpoint was kept, the sum of its sections.
export function compareRuns(laptop: ComparedRun, host: ComparedRun): FileComparison[] {
  const names = (['checkpoint', 'log', 'sample'] as const).filter((name) => laptop.files[name]);
  const hashOf = (run: ComparedRun, name: keyof TrainedFiles) => {
    const data = run.files[name];
    return data ? sha256(data) : 'missing';
  };
  const files = names.map((name) => comparison(name, hashOf(laptop, name), hashOf(host, name)));
  const all = [...files, ...storyComparison(laptop, host)];
  if (laptop.files.checkpoint) return all;
  const crcs = [laptop, host].map(({ end }) => `CRC-32 ${end.sections_crc}`);
  return [comparison('weights', crcs[0] ?? '', crcs[1] ?? ''), ...all];
}

// Where the laptop told a story, the host tells the same one.
function storyComparison(laptop: ComparedRun, host: ComparedRun): FileComparison[] {
  if (laptop.story?.exitCode !== 0) return [];
  const [there = '', here = ''] = [laptop, host].map(({ story }) => sha256(story?.stdout ?? ''));
  return [comparison('story', there, here)];
}

function comparison(name: FileComparison['name'], laptop: string, host: string): FileComparison {
  return { name, laptop, host, equal: laptop === host };
}

// The report for people.
export function summaryText(report: TrainingReport): string {
  const { laptop, host, machine, build, comparison } = report;
  const { plan, end, train } = laptop;
  const whole = (value: number) => Math.round(value).toLocaleString('en');
  const kbOf1024 = (count: number) => kilobytes(count * 1024);
  const rows: [string, string][] = [
    ['laptop', `${machine.title} (emulated), build ${build}`],
    ['seen inside', processorText(laptop.facts.cpu)],
    ['loss', `${end.loss_first} -> ${end.loss_last}`],
    ['length', `${whole(end.steps)} steps, ${whole(end.tokens)} tokens`],
    ['memory', `peak ${kbOf1024(train.maxRssKb)}, plan ${kilobytes(plan.total_bytes)} (emulated)`],
    ['', `limit ${kilobytes(plan.ram_bytes)}; ${freeMemory(laptop.facts)} (emulated)`],
    ['work', `${whole(train.instructions / end.tokens)} instructions per token (emulated)`],
    ['time', `${formatSeconds(laptop.hostSeconds)} in the emulator (host)`],
    ['', `${formatSeconds(host.train.seconds)} without it (host)`],
    ['saved as', report.saved],
    ...comparison.flatMap(comparisonRows),
  ];
  const table = rows.map(([name, value]) => `${name.padEnd(11)} ${value}`).join('\n');
  const { sample } = laptop.files;
  const texts = [...(sample ? [sampleText(sample)] : []), ...storyText(laptop)];
  return [...texts, table].join('\n');
}

// What /proc/cpuinfo said, with the flags that tell the two kinds of laptop from later ones.
function processorText({ modelName, flags }: CpuFacts): string {
  const has = (flag: string) => (flags.includes(flag) ? flag : `no ${flag}`);
  return `${modelName}: ${['mmx', 'sse', 'sse2'].map(has).join(', ')} (emulated)`;
}

function comparisonRows({ name, laptop, host, equal }: FileComparison): [string, string][] {
  if (equal) return [[name, `${laptop}, equal in laptop and host`]];
  return [
    [name, `${laptop} laptop`],
    ['', `${host} host, DIFFERENT`],
  ];
}

function sampleText(sample: Buffer): string {
  return `sample, generated inside the laptop:\n${indented(sample.toString())}`;
}

// The words of the model that was trained for longer, so that nobody takes them for those of the sample.
function storyText({ story }: LaptopRun): string[] {
  if (!story) return [];
  if (story.exitCode !== 0) return [`no story by the bundled model: ${lastWords(story)}`];
  return [`${BUNDLED}\n${indented(wrapped(story.stdout))}`];
}

const BUNDLED = [
  'and what such a model can become: data/stories.llm, which comes with the program and was trained',
  'for longer, tells a story inside the same laptop:',
].join('\n');
const COLUMNS = 96;

// Lines of whole words that are not longer than a terminal is wide.
function wrapped(text: string): string {
  const line = new RegExp(`(.{1,${COLUMNS}})(?: +|$)`, 'gm');
  return text.trim().replace(line, '$1\n');
}

function indented(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `  | ${line}`)
    .join('\n');
}

// The report for programs.
export function summaryJson(report: TrainingReport): Record<string, unknown> {
  const { laptop, host, machine, build, comparison, saved } = report;
  const { plan, end, train } = laptop;
  return {
    machine: machine.name,
    build,
    cpu: laptop.facts.cpu.modelName,
    loss_first: end.loss_first,
    loss_last: end.loss_last,
    steps: end.steps,
    tokens: end.tokens,
    emulated: {
      peak_bytes: train.maxRssKb * 1024,
      plan_bytes: plan.total_bytes,
      cap_bytes: plan.ram_bytes,
      memory_total_bytes: laptop.facts.memTotalKb * 1024,
      memory_available_bytes: laptop.facts.memAvailableKb * 1024,
      instructions: train.instructions,
      instructions_per_token: Math.round(train.instructions / end.tokens),
    },
    host: { emulator_seconds: laptop.hostSeconds, native_seconds: host.train.seconds },
    [laptop.files.checkpoint ? 'checkpoint' : 'log']: saved,
    ...(laptop.story?.exitCode === 0 && { story: laptop.story.stdout }),
    files: comparison,
    equal: comparison.every(({ equal }) => equal),
  };
}
