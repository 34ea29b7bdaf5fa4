// What a page and its Worker say to each other: calls, each with one answer, and events between.
import type {
  Attention,
  Losses,
  Matrix,
  MemoryPart,
  ModelFacts,
  Preset,
  Sampling,
  Shape,
  Step,
  TrainSettings,
} from '../../../ts/engine/engine.ts';

/** The builds of a page, by the names of the program's. */
export type BuildName = 'wasm-simd' | 'wasm';

/** A build of the library that is ready to run, and what it says of itself. */
export interface Program {
  build: BuildName;
  module: WebAssembly.Module;
  kernels: string;
  presets: Preset[];
  /** Why another build than the one that was asked for. */
  note?: string;
}

export interface TrainOrder extends TrainSettings {
  text: Uint8Array;
  /** What messages call the text. */
  name: string;
}

export interface ResumeOrder {
  text: Uint8Array;
  name: string;
  checkpoint: Uint8Array;
  steps: number;
}

export interface Planned {
  shape: Shape;
  memory: MemoryPart[];
}

/** A file and its SHA-256. */
export interface SummedFile {
  bytes: Uint8Array<ArrayBuffer>;
  sha256: string;
}

/** A training that has stopped, at the end of its steps or before. */
export interface Stopped {
  step: number;
  ended: boolean;
  checkpoint: SummedFile;
}

export interface MatrixPlace {
  layer: number;
  which: number;
}

export interface WriteOrder extends Sampling {
  prompt: string;
  tokens: number;
}

/** Why a text has ended. */
export type TextEnd = 'tokens' | 'document' | 'stopped';

export interface HeadPlace {
  layer: number;
  head: number;
}

// What can be asked of the Worker.
export interface Calls {
  /** Comes first. */
  start(module: WebAssembly.Module): void;
  plan(order: TrainOrder): Planned;
  /** Bytes of memory that such a training takes, which is not begun. */
  size(order: TrainOrder): number;
  resume(order: ResumeOrder): Planned;
  /** Answers when the training has stopped. */
  train(): Stopped;
  /** The same after a stop. */
  goOn(): Stopped;
  /** Stops what was planned, also before it is trained, or what is being written. */
  stop(): void;
  watch(place: MatrixPlace): Matrix | undefined;
  pack(codes: Int8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>;
  openModel(file: Uint8Array): ModelFacts;
  /** Answers when the text has ended; its pieces come as events. */
  write(order: WriteOrder): TextEnd;
  attention(place: HeadPlace): Attention | undefined;
  exportModel(file: Uint8Array): SummedFile;
  sum(file: Uint8Array): string;
}

export type CallName = keyof Calls;
export type Argument<Name extends CallName> = Parameters<Calls[Name]>[0];
export type Answer<Name extends CallName> = ReturnType<Calls[Name]>;

export type Event =
  | { kind: 'steps'; steps: Step[]; tokensPerSecond: number; matrix: Matrix | undefined }
  | { kind: 'heldOut'; step: number; losses: Losses }
  | { kind: 'sample'; step: number; text: string }
  | { kind: 'text'; text: string };

export interface Question {
  id: number;
  call: CallName;
  argument: unknown;
}

export type Reply =
  | { id: number; value: unknown }
  | { id: number; error: string }
  | { event: Event };
