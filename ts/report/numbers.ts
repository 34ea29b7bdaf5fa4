// Numbers as a report shows them.
import type { Spread } from './stats.ts';

// What stands where there is no number.
export const NONE = '–';

// A whole number with its thousands set apart.
export function whole(value: number | null | undefined): string {
  return value === null || value === undefined || !Number.isFinite(value)
    ? NONE
    : Math.round(value).toLocaleString('en');
}

// A ratio with three figures that count.
export function ratio(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  if (value < 0.1) return Number(value.toPrecision(2)).toString();
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

// A duration in a unit that suits it.
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return NONE;
  if (seconds >= 1) return `${seconds.toFixed(2)} s`;
  if (seconds >= 1e-3) return `${figures(seconds * 1e3)} ms`;
  return `${figures(seconds * 1e6)} µs`;
}

// "3.42 (3.40..3.61)": the middle, and how far the repeats lie apart.
export function spreadText({ median, least, most }: Spread): string {
  return `${ratio(median)} (${ratio(least)}..${ratio(most)})`;
}

function figures(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
