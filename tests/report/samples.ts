// A whole report that the tests of this folder share, made of no measurement.

import type { Cycles } from '../../ts/counting/p6_cycles.ts';
import { firstP6Machine } from '../../ts/counting/p6_machines.ts';
import { parseBench } from '../../ts/program/bench_rows.ts';
import type {
  ModelledWork,
  PhaseCount,
  ReportData,
  RunnerResult,
  ScalingPoint,
} from '../../ts/report/data.ts';
import { FORMS, MODELLED_PHASES, PHASES, SCALING_AXES } from '../../ts/report/scenario.ts';

const HASHES = { log: 'aa'.repeat(32), checkpoint: 'bb'.repeat(32), story: 'cc'.repeat(32) };

const ran = { skipped: null, hashes: HASHES, difference: null, tokens: 3072 };
const loss = { first: '4.1388', last: '2.8902' };

// A runner of this machine that takes so many times as long as the host build.
function hereRunner(runner: string, times: number): RunnerResult {
  const timed = {
    startup: [0.1, 0.1, 0.1],
    train: [1, 1.1, 1.3].map((seconds) => 0.1 + seconds * times),
    generate: [0.2, 0.2, 0.3].map((seconds) => 0.1 + seconds * times),
  };
  const memory = { plan: 3_900_000, peak: 4_000_000, cap: 24_000_000_000 };
  return { runner, target: runner, machine: null, ...ran, loss, memory, timed, counted: null };
}

function laptopRunner(target: string, work: number): RunnerResult {
  const counted = {
    trainTokens: [3072, 1536] as [number, number],
    train: [500 + 3072 * work, 500 + 1536 * work] as [number, number],
    generateTokens: [1000, 500] as [number, number],
    generate: [90 + 1000 * work, 90 + 500 * work] as [number, number],
  };
  const memory = { plan: 2_500_000, peak: 2_550_000, cap: 60_000_000 };
  const name = { runner: `${target}-laptop`, target, machine: `${target}-64` };
  return { ...name, ...ran, loss, memory, timed: null, counted };
}

// Lines as `legacy_llm bench --json` prints them, with a line of something else.
export const BENCH_LINES = [
  'legacy_llm: a word',
  benchLine('phase', 'step', 'plain', 'tiny', '800.5'),
  benchLine('phase', 'step', 'fast', 'tiny', '200.25'),
  benchLine('kernel', 'ternary_matmul', 'plain', '64x256x1024', '90'),
  benchLine('kernel', 'ternary_matmul', 'fast', '64x256x1024', '30'),
  benchLine('kernel', 'ternary_matmul', 'fp32', '64x256x1024', '45'),
  '{"event":"bench_plan","arena":123456}',
].join('\n');

function benchLine(group: string, name: string, form: string, shape: string, median: string) {
  const what = `"event":"bench","group":"${group}","name":"${name}","form":"${form}"`;
  const size = `"shape":"${shape}","unit":"token","units":128,"repeats":5`;
  const times = `"median_us":"${median}","least_us":"${median}","most_us":"999"`;
  return `{${what},${size},${times},"macs":1000,"bytes":6400,"crc":"1f1084c0"}`;
}

const phases: PhaseCount[] = PHASES.flatMap((phase, row) =>
  FORMS.map((form, column) => ({
    ...{ phase, form, unit: 'token', units: 128, macs: 1000, bytes: 6400 },
    instructions: 12_800_000 * (row + 1) * (column + 1),
  })),
);

// Work that grows with the square of each size.
const scaling: ScalingPoint[] = SCALING_AXES.flatMap(({ name: axis, sizes }) =>
  sizes.map((size) => ({
    ...{ axis, size, tokensPerStep: 32, instructions: 1000 * size ** 2 },
    memory: { plan: 1_000_000, peak: 1_010_000, cap: 60_000_000 },
  })),
);

// Of 1000 cycles in the core and 500 of waiting, so many times.
function someCycles(times: number): Cycles {
  const by = { load: 400, store: 50, alu: 250, retire: 200, decode: 60, fetch: 40 };
  const all = Object.entries(by).map(([name, value]) => [name, value * times]);
  return {
    ...{ instructions: 1200 * times, uops: 1500 * times, core: 1000 * times },
    ...{ by: Object.fromEntries(all) as Cycles['by'], withMisses: 1500 * times },
  };
}

function modelledBuild(target: string, processor: 'pentium2' | 'pentium3'): ModelledWork[] {
  const { name: machine, label, clock } = firstP6Machine(processor);
  return MODELLED_PHASES.flatMap((phase) =>
    ['fast', 'fp32'].map((form, index) => ({
      ...{ target, machine, label, clock, phase, form, tokens: 128 },
      total: someCycles(128 * (index + 1)),
      functions: [{ name: 'a_product', cycles: someCycles(100 * (index + 1)) }],
    })),
  );
}

const cycles = [...modelledBuild('p2', 'pentium2'), ...modelledBuild('p3', 'pentium3')];

const build = {
  ...{ title: 'this machine, plain C', compiler: 'gcc 12', libc: 'of the system' },
  ...{ flags: ['-std=c99', '-O3'], bytes: 236_400 },
};

// A report in which all is well, with these fields changed.
export function reportData(change: Partial<ReportData> = {}): ReportData {
  return {
    schema: { name: 'legacy-llm report', version: 2 },
    ...{ date: '2026-11-25T21:28:47.000Z', commit: '0123456789abcdef', uncommitted: false },
    ...{ command: 'npx legacy-llm report', seconds: 12.3 },
    host: { cpu: 'a <processor> & more', cores: 2, kernel: 'Linux 6.1', node: 'v20.20.2' },
    scenario: {
      settings: { preset: 'tiny', steps: 24, seed: 1 },
      ...{ tokens: 1000, runs: 3 },
      text: { name: 'stories.txt', bytes: 400_000, sha256: 'dd'.repeat(32) },
    },
    builds: [{ target: 'host', ...build }],
    runners: [
      hereRunner('host', 1),
      hereRunner('host-sse', 0.8),
      hereRunner('p2', 4),
      hereRunner('p3', 1.2),
      hereRunner('wasm', 5),
      hereRunner('wasm-simd', 2),
      laptopRunner('p2', 2_000_000),
      laptopRunner('p3', 700_000),
    ],
    model: { checkpointBytes: 741_600, exportedBytes: 224_704 },
    kernels: [
      { runner: 'host', threads: 2, ...parseBench(BENCH_LINES) },
      { runner: 'p3', threads: 1, ...parseBench(BENCH_LINES) },
    ],
    ...{ phases, scaling, cycles, problems: [] },
    ...change,
  };
}

// The runners of a report, one of them changed.
export function withRunner(name: string, change: Partial<RunnerResult>): RunnerResult[] {
  return reportData().runners.map((row) => (row.runner === name ? { ...row, ...change } : row));
}
