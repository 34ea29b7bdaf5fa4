// Reads what `train --dump` writes (c/src/base/trace.h): every tensor of a step, by its name.
import { float32sOf } from '../../ts/program/bytes.ts';
import { viewOf } from '../../ts/support/bytes.ts';

export type Numbers = Float32Array | Float64Array;
export type Tensors = Map<string, Numbers>;

export interface StepDump {
  /** Tensors of each sequence of the batch: "embedding", "layer0.after_attention", "losses", ... */
  sequences: Tensors[];
  /** Gradient sums of the whole batch: "layer0.wq.gradient", "token_embedding.gradient", ... */
  gradients: Tensors;
}

// Splits the dump of one step, whose gradient sums are whole numbers of `unit`. Parameters after
// the step, which it holds too, are left out.
export function readStepDump(bytes: Buffer, unit: number): StepDump {
  const dump: StepDump = { sequences: [], gradients: new Map() };
  for (const { name, data } of records(bytes)) {
    if (name === 'embedding') dump.sequences.push(new Map());
    if (name === 'shares') addTo(dump.sequences.at(-1), name, float32sOf(data));
    else if (isActivation(name)) dump.sequences.at(-1)?.set(name, float32sOf(data));
    else if (name.endsWith('.gradient')) dump.gradients.set(name, sumsOf(data, unit));
  }
  return dump;
}

// Rows that come one by one.
function addTo(tensors: Tensors | undefined, name: string, row: Float32Array): void {
  tensors?.set(name, Float32Array.from([...(tensors.get(name) ?? []), ...row]));
}

// Each record is a line "step name bytes" and then the bytes themselves.
export function* records(bytes: Buffer): Generator<{ name: string; data: Buffer }> {
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf('\n', at);
    const [, name, size] = bytes.toString('latin1', at, end).split(' ');
    at = end + 1 + Number(size);
    if (end < 0 || !name || !(at <= bytes.length)) throw new Error('the dump is not whole');
    yield { name, data: bytes.subarray(end + 1, at) };
  }
}

function sumsOf(data: Buffer, unit: number): Float64Array {
  const view = viewOf(data);
  const sum = (i: number) => view.getInt32(4 * i, true) * unit;
  return Float64Array.from({ length: data.length / 4 }, (_, i) => sum(i));
}

function isActivation(name: string): boolean {
  return /^(embedding|losses|layer\d+\.(after|before)_(attention|mlp)(\.gradient)?)$/.test(name);
}
