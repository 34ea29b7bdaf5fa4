// The fixed point in which the core sums gradients (c/src/math/fixed.h).

import type { Numbers } from './dump.ts';

// What 1 stands for in the sums of a step.
export function unitOf(batch: number, context: number): number {
  return 2 ** Math.max(Math.ceil(Math.log2(batch * context)) - 25, -16);
}

// The nearest multiples of a unit, halves up: how a sequence's share of a matrix is added.
export function toUnits(values: Numbers, unit: number): Float64Array {
  return Float64Array.from(values, (value) => Math.floor(value / unit + 0.5) * unit);
}
