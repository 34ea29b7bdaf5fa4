// What each parameter matters: the share of the variance of the results that the groups of its values
// explain (the correlation ratio, eta squared: Pearson, 1905). Parameters that work together share what
// they explain, so the shares need not add up to one.
import type { OutcomeLine } from './journal.ts';
import type { Space, Value } from './space.ts';

// A parameter and its share, 0 to 1.
export interface Importance {
  name: string;
  share: number;
}

// Numbers with more values than this are put in so many groups of equal size.
const GROUPS = 4;
const DIGITS = 4;

// The parameters that vary, by what they matter; none where there are too few results to say.
export function importanceOf(space: Space, outcomes: readonly OutcomeLine[]): Importance[] {
  if (outcomes.length < 2 * GROUPS) return [];
  const varied = space.filter(({ distribution }) => distribution.kind !== 'constant');
  const found = varied.map(({ name }) => ({ name, share: shareOf(name, outcomes) }));
  return found.sort((a, b) => b.share - a.share || (a.name < b.name ? -1 : 1));
}

function shareOf(name: string, outcomes: readonly OutcomeLine[]): number {
  const all = outcomes.map(({ value = 0 }) => value);
  const whole = squares(all, mean(all));
  if (whole === 0) return 0;
  const between = groupsOf(name, outcomes).map(
    (values) => values.length * (mean(values) - mean(all)) ** 2,
  );
  return Number((between.reduce((sum, each) => sum + each, 0) / whole).toFixed(DIGITS));
}

function groupsOf(name: string, outcomes: readonly OutcomeLine[]): number[][] {
  const groups = new Map<Value, number[]>();
  const group = grouping(outcomes.map(({ setting }) => setting[name] ?? ''));
  for (const { setting, value = 0 } of outcomes) {
    const key = group(setting[name] ?? '');
    groups.set(key, [...(groups.get(key) ?? []), value]);
  }
  return [...groups.values()];
}

// Each value for itself, or the quarter of the numbers in which it lies.
function grouping(values: readonly Value[]): (value: Value) => Value {
  const distinct = new Set(values);
  const numbers = values.filter((value): value is number => typeof value === 'number');
  if (distinct.size <= GROUPS || numbers.length < values.length) return (value) => value;
  const sorted = numbers.sort((a, b) => a - b);
  return (value) =>
    Math.floor((sorted.findIndex((each) => each >= Number(value)) * GROUPS) / sorted.length);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function squares(values: readonly number[], middle: number): number {
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
}
