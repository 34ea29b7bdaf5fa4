// Options, methods and results that the tests of this folder share.

import type { Report } from '../../ts/experiments/report.ts';
import type { Identity, Run } from '../../ts/experiments/runs.ts';
import type { ExperimentOptions } from '../../ts/experiments/settings.ts';
import type { RunResult } from '../../ts/experiments/store.ts';
import { distinctRuns, makeTables } from '../../ts/experiments/tables.ts';
import type { Methods } from '../../ts/program/method_list.ts';

export const identity: Identity = { textSha256: 'text', programSha256: 'program' };

export const options: ExperimentOptions = {
  ...{ layers: 4, heads: 2, dim: 8, context: 4, batch: 2, steps: 40 },
  text: '/texts/stories.txt',
  tables: ['schemes', 'optimizers', 'memory'],
  seeds: [1],
  out: 'out',
  jobs: 2,
  target: 'host-native',
  reference: [],
  raceTo: '1.88',
};

const method = { formula: '|w| > 1', source: 'somebody, 2024' };
const scheme = { ...method, kind: 'scheme' as const, packedBits: '1.6' };
const optimizer = { ...method, kind: 'optimizer' as const, packedBits: '' };

// Two of each.
export const methods: Methods = {
  schemes: [
    { ...scheme, name: 'absmean' },
    { ...scheme, name: 'row' },
  ],
  optimizers: [
    { ...optimizer, name: 'muon' },
    { ...optimizer, name: 'lion' },
  ],
};

// A result of a run, with these fields changed.
export function resultOf(run: Run, change: Partial<RunResult> = {}): RunResult {
  return {
    key: run.key,
    arguments: run.shapeArgs.join(' '),
    held_out: run.memory ? null : { loss: '1.5000', tokens: 40, unigram: '3.0591', bigram: '2.3' },
    train_loss: '1.4000',
    ternary_weights: 100,
    float_parameters: 7,
    weight_state_bytes: 212,
    activation_bytes: 1234,
    gradient_bytes: 48,
    arena_bytes: 56789,
    tokens: 320,
    tokens_per_second: 1000,
    peak_bytes: 777,
    checkpoint_sha256: 'abc',
    text_sha256: identity.textSha256,
    program_sha256: identity.programSha256,
    target: 'host-native',
    compiler: 'gcc 12',
    cpu: 'a processor',
    jobs: 2,
    invocation: 'first',
    ...change,
  };
}

// A report in which every run has a result, changed as told by the name of the run.
export function reportOf(
  change: Partial<ExperimentOptions> = {},
  changes: Readonly<Record<string, Partial<RunResult>>> = {},
): Report & { results: Map<string, RunResult>; failures: Map<string, string> } {
  const own = { ...options, ...change };
  const tables = makeTables(methods, own, identity);
  const runs = distinctRuns(tables.flatMap(({ rows }) => rows));
  return {
    options: own,
    program: { command: ['x'], target: 'host-native', compiler: 'gcc 12', sha256: 'program' },
    cpu: 'a processor',
    text: { name: 'stories.txt', sha256: 'text', bytes: 400_000 },
    tables,
    results: new Map(runs.map((run) => [run.key, resultOf(run, changes[run.name])])),
    failures: new Map(),
  };
}

// The run of that name in a report.
export function runOf({ tables }: Report, name: string): Run {
  const run = distinctRuns(tables.flatMap(({ rows }) => rows)).find((each) => each.name === name);
  if (run) return run;
  throw new Error(`no run ${name}`);
}
