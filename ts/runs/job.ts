// One description of a run of the program, and what comes of it wherever it ran.
import type { Machine } from '../guest/machines.ts';
import type { GuestResult } from '../guest/run.ts';

// A build and the place where it runs.
export interface BuiltRunner {
  /** As messages call it. */
  name: string;
  /** What starts the program on this machine: its file, or Node and its file. */
  command: readonly [string, ...string[]];
  /** The emulated laptop that the file is carried into; without one it runs on this machine. */
  machine?: Machine;
}

// The words of each command, without the program.
export type CommandLines = readonly (readonly string[])[];

// Command lines for one runner, one after the other. Where the job names files, its commands run in
// an empty folder that has the inputs in it, so that the words are the same in all places.
export interface Job<Commands extends CommandLines = CommandLines> {
  runner: BuiltRunner;
  commands: Commands;
  /** What lies in the folder at the start: its name there, then a path or the bytes. */
  inputs?: Readonly<Record<string, string | Uint8Array>>;
  /** Names of the files to bring out. */
  outputs?: readonly string[];
  /** What the commands are for, for messages; by default each is called by its first word. */
  what?: string;
  /**
   * What the commands tell the program that it may use ("1GB"), though it need not be true: the
   * laptop grants every allocation, and kills a program that uses more than there is.
   */
  memoryClaim?: string;
  onStdout?: (line: string) => void;
  /** What a laptop is doing while no command says anything. */
  onPhase?: (phase: string) => void;
}

// What came of one command.
export interface CommandResult {
  /** As a shell has it: 128 and the signal for a program that was killed. */
  exitCode: number;
  signal: number | null;
  stdout: string;
  stderr: string;
  /** By the clock of this machine; NaN in a laptop, whose time says nothing. */
  seconds: number;
  /** Of the emulated processor; NaN where nothing counts them. */
  instructions: number;
  /** Most memory that was in use at once; NaN where the program alone tells. */
  maxRssKb: number;
}

// What a laptop said of itself.
export type LaptopFacts = Pick<
  GuestResult,
  'cpu' | 'memTotalKb' | 'memAvailableKb' | 'killedForMemory' | 'kernelLog'
>;

// What came of a job.
export interface JobResult<Commands extends CommandLines = CommandLines> {
  /** One a command line. */
  commands: { readonly [Index in keyof Commands]: CommandResult };
  /** The outputs by name. */
  files: ReadonlyMap<string, Buffer>;
  /** Outputs that could not be brought out, with the reason. */
  missing: ReadonlyMap<string, string>;
  laptop?: LaptopFacts;
  /** Of the whole job, by the clock of this machine. */
  hostSeconds: number;
}

// An output of a job that succeeded.
export function fileOf({ files }: JobResult, name: string): Buffer {
  const data = files.get(name);
  if (data) return data;
  throw new Error(`${name} was not asked for`);
}
