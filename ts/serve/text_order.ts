// What the server and its threads say to each other: an order for one text, and what comes of it.
import type { ModelFacts, Sampling } from '../engine/engine.ts';

export interface TextOrder {
  prompt: string;
  /** Most that are written. */
  tokens: number;
  sampling: Sampling;
  /** Texts before which it ends. */
  stops: readonly string[];
}

export interface Written {
  end: 'stop' | 'length';
  promptTokens: number;
  tokens: number;
}

// What a thread is started with.
export interface ThreadData {
  module: WebAssembly.Module;
  model: Uint8Array;
  /** One int32: not 0 where the text at hand is to end. */
  stopped: SharedArrayBuffer;
}

// What a thread tells.
export type ThreadMessage =
  | { kind: 'ready'; facts: ModelFacts }
  | { kind: 'text'; text: string }
  | { kind: 'written'; written: Written }
  | { kind: 'stopped' }
  | { kind: 'refused'; message: string };
