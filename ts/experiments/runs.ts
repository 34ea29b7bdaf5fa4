// One training: its arguments, and the key under which its result is kept.
import { sha256Json } from '../support/hash.ts';
import type { Shape } from './settings.ts';

// How the work of a step is cut up; it changes memory and time, and no bit of the result.
export interface MemoryMode {
  microBatch: number;
  recompute: string;
}

// One training.
export interface Run {
  /** Readable name and a hash of all that the result depends on. */
  key: string;
  name: string;
  scheme: string;
  optimizer: string;
  seed: number;
  steps: number;
  /** Sequences a step times characters of one. */
  tokensPerStep: number;
  /** Arguments that a checkpoint holds, so that a resumed training must not name them. */
  shapeArgs: readonly string[];
  memory?: MemoryMode;
}

// What tells the runs of one shape apart.
export interface RunWish {
  scheme: string;
  optimizer: string;
  seed: number;
  memory?: MemoryMode;
}

// What a result depends on beside its arguments.
export interface Identity {
  textSha256: string;
  programSha256: string;
}

const HASH_DIGITS = 10;

// The run of a method, a seed and a shape.
export function createRun(wish: RunWish, shape: Shape, identity: Identity): Run {
  const { scheme, optimizer, seed, memory } = wish;
  const { layers, heads, dim, context, batch, steps, embeddingLr } = shape;
  const given = { scheme, optimizer, layers, heads, dim, context, batch, steps, seed };
  const shapeArgs = args({ ...given, 'embedding-lr': embeddingLr });
  const base = memory
    ? `memory-${memory.microBatch}-${memory.recompute}`
    : `${scheme}-${optimizer}`;
  const name = `${base}-seed${seed}`;
  const hash = sha256Json({ shapeArgs, memory, ...identity }).slice(0, HASH_DIGITS);
  const tokensPerStep = batch * context;
  const run = { name, scheme, optimizer, seed, steps, tokensPerStep, shapeArgs };
  return { key: `${name}-${hash}`, ...run, ...(memory && { memory }) };
}

// The arguments that may be given again to a resumed training.
export function memoryArgs({ memory }: Run): string[] {
  return memory ? args({ 'micro-batch': memory.microBatch, recompute: memory.recompute }) : [];
}

function args(values: Record<string, string | number | undefined>): string[] {
  return Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, String(value)],
  );
}
