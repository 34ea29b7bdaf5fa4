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
  /** A training of the float32 model, by `legacy_llm baseline`. */
  float32?: { lr: string };
}

// What tells the runs of one shape apart.
export interface RunWish {
  scheme: string;
  optimizer: string;
  seed: number;
  memory?: MemoryMode;
  float32?: { lr: string };
}

// What a result depends on beside its arguments.
export interface Identity {
  textSha256: string;
  programSha256: string;
}

const HASH_DIGITS = 10;

// The run of a method, a seed and a shape.
export function createRun(wish: RunWish, shape: Shape, identity: Identity): Run {
  if (wish.float32) return float32Run(wish.seed, wish.float32, shape, identity);
  const { scheme, optimizer, seed, memory } = wish;
  const { layers, heads, dim, context, batch, steps, embeddingLr } = shape;
  const given = { scheme, optimizer, layers, heads, dim, context, batch, steps, seed };
  const shapeArgs = optionArgs({ ...given, 'embedding-lr': embeddingLr });
  const base = memory
    ? `memory-${memory.microBatch}-${memory.recompute}`
    : `${scheme}-${optimizer}`;
  const name = `${base}-seed${seed}`;
  const hash = sha256Json({ shapeArgs, memory, ...identity }).slice(0, HASH_DIGITS);
  const tokensPerStep = batch * context;
  const run = { name, scheme, optimizer, seed, steps, tokensPerStep, shapeArgs };
  return { key: `${name}-${hash}`, ...run, ...(memory && { memory }) };
}

// The same of the float32 model, which has one method.
function float32Run(seed: number, float32: { lr: string }, shape: Shape, identity: Identity): Run {
  const { layers, heads, dim, context, batch, steps } = shape;
  const shapeArgs = optionArgs({ layers, heads, dim, context, batch, steps, seed, lr: float32.lr });
  const name = `float32-${float32.lr}-seed${seed}`;
  const hash = sha256Json({ shapeArgs, float32, ...identity }).slice(0, HASH_DIGITS);
  const tokensPerStep = batch * context;
  const method = { scheme: 'float32', optimizer: 'adamw' };
  return {
    key: `${name}-${hash}`,
    name,
    ...method,
    seed,
    steps,
    tokensPerStep,
    shapeArgs,
    float32,
  };
}

// The arguments that may be given again to a resumed training.
export function memoryArgs({ memory }: Run): string[] {
  return memory
    ? optionArgs({ 'micro-batch': memory.microBatch, recompute: memory.recompute })
    : [];
}

// Values as options of the program; what is undefined is left out.
export function optionArgs(values: Record<string, string | number | undefined>): string[] {
  return Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, String(value)],
  );
}
