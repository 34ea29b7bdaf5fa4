// What a report is made of: all raw numbers, as report.json has them. Pages are made of this alone.
import type { Cycles } from '../counting/p6_cycles.ts';
import type { EvidenceName } from '../parity/scenario.ts';
import type { BenchOutput } from '../program/bench_rows.ts';
import type { TrainSettings } from '../program/train_options.ts';

// Marks a file as a report; the version changes when a field changes its meaning.
export const SCHEMA = { name: 'legacy-llm report', version: 2 } as const;

// The whole report.
export interface ReportData {
  schema: { name: string; version: number };
  /** ISO 8601, when it began. */
  date: string;
  commit: string;
  /** Whether files differed from that commit. */
  uncommitted: boolean;
  command: string;
  /** How long the whole report took (host). */
  seconds: number;
  host: HostFacts;
  scenario: ScenarioFacts;
  builds: BuildFacts[];
  runners: RunnerResult[];
  model: { checkpointBytes: number; exportedBytes: number } | null;
  /** The bench of each build that runs here, its form `threads` with so many; 1: it has none. */
  kernels: ({ runner: string; threads: number } & BenchOutput)[];
  phases: PhaseCount[];
  scaling: ScalingPoint[];
  cycles: ModelledWork[];
  /** What went wrong; a report with any of these has failed. */
  problems: string[];
}

// The machine that made it.
export interface HostFacts {
  cpu: string;
  cores: number;
  kernel: string;
  node: string;
}

// What was trained and generated.
export interface ScenarioFacts {
  settings: TrainSettings;
  /** Characters to generate. */
  tokens: number;
  /** How often each timed run was repeated. */
  runs: number;
  text: { name: string; bytes: number; sha256: string };
}

// One build.
export interface BuildFacts {
  target: string;
  title: string;
  compiler: string;
  libc: string;
  flags: string[];
  /** What has to be carried to the machine: program and, for WebAssembly, its module. */
  bytes: number;
}

// Seconds of each repeat, by the host's clock.
export interface TimedRuns {
  /** Of a command that does nothing: loading and compiling the program. */
  startup: number[];
  train: number[];
  generate: number[];
}

// Guest instructions: raw counts of two lengths of each command, in the order long, short.
export interface CountedRuns {
  trainTokens: [number, number];
  train: [number, number];
  generateTokens: [number, number];
  generate: [number, number];
}

// What one runner came to.
export interface RunnerResult {
  runner: string;
  target: string;
  /** The laptop, where it is emulated. */
  machine: string | null;
  /** Why it did not run; null when it did. */
  skipped: string | null;
  hashes: Partial<Record<EvidenceName, string>>;
  /** The first difference from the reference in words; null when there is none. */
  difference: string | null;
  loss: { first: string; last: string } | null;
  /** Trained tokens. */
  tokens: number;
  memory: MemoryFacts | null;
  timed: TimedRuns | null;
  counted: CountedRuns | null;
}

// The memory of a training, in bytes.
export interface MemoryFacts {
  plan: number;
  /** Resident in all; null where the system does not tell. */
  peak: number | null;
  /** What the program may use; null where the system does not tell. */
  cap: number | null;
}

// One phase in one form on the laptop: the difference of two repeats and one.
export interface PhaseCount {
  phase: string;
  form: string;
  instructions: number;
  unit: string;
  units: number;
  macs: number;
  bytes: number;
}

// A phase of a build in one form, in cycles that were modelled.
export interface ModelledWork {
  target: string;
  /** A machine of the cycle model. */
  machine: string;
  label: string;
  /** Its clock in Hz. */
  clock: number;
  phase: string;
  form: string;
  /** In one repeat. */
  tokens: number;
  /** Of one repeat. */
  total: Cycles;
  /** Those with the most, first. */
  functions: { name: string; cycles: Cycles }[];
}

// What grows in the scaling table.
export type AxisName = 'layers' | 'batch' | 'context' | 'dim';

// One shape on the laptop. A shape that lies on all axes stands here once for each.
export interface ScalingPoint {
  axis: AxisName;
  size: number;
  tokensPerStep: number;
  /** Of one training step. */
  instructions: number;
  memory: MemoryFacts;
}
