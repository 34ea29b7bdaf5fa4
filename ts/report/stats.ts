// What a report makes of repeated measurements: the middle, how far they lie apart, how they grow.

// The middle of some values, and the least and the most of them.
export interface Spread {
  median: number;
  least: number;
  most: number;
}

// The middle value; the mean of the two in the middle of an even number of values.
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

// Median, least and most of at least one value.
export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) };
}

// The same values measured in another unit.
export function scaled({ median, least, most }: Spread, unit: number): Spread {
  return { median: median / unit, least: least / unit, most: most / unit };
}

// The power with which a cost grows between two sizes: the slope in log-log.
export function exponent(from: [size: number, cost: number], to: [number, number]): number {
  return Math.log(to[1] / from[1]) / Math.log(to[0] / from[0]);
}
