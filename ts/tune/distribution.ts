// What one parameter can be: the kinds have the names that they have in sweeps of wandb.

// A value as it is written behind an option.
export type Value = number | string | boolean;

// A range: whole numbers, numbers, or numbers whose logarithm is drawn evenly.
export interface Range {
  readonly kind: 'int_uniform' | 'uniform' | 'log_uniform_values';
  readonly min: number;
  readonly max: number;
}

// A range of which only the multiples of q are taken.
export interface SteppedRange {
  readonly kind: 'q_uniform' | 'q_log_uniform_values';
  readonly min: number;
  readonly max: number;
  readonly q: number;
}

// Some values, equally likely where no probabilities are given.
export interface Categorical {
  readonly kind: 'categorical';
  readonly values: readonly Value[];
  readonly probabilities?: readonly number[];
}

// All that a parameter can be.
export type Distribution =
  | { readonly kind: 'constant'; readonly value: Value }
  | Categorical
  | Range
  | SteppedRange;

const DIGITS = 4;
const DIGITS_OF_MULTIPLES = 12;
const SLACK = 1e-9;
// How far neighbours in a range without steps are, as parts of it.
const REACHES = [0.3, 0.1, 0.03, 0.01];

// How many values there are; Infinity for a range without steps.
export function choiceCount(distribution: Distribution): number {
  switch (distribution.kind) {
    case 'constant':
      return 1;
    case 'categorical':
      return distribution.values.length;
    case 'uniform':
    case 'log_uniform_values':
      return Number.POSITIVE_INFINITY;
    default: {
      const { low, high } = steps(distribution);
      return Math.max(0, high - low + 1);
    }
  }
}

// The value with this index; only for a finite number of values.
export function choiceAt(distribution: Distribution, index: number): Value {
  if (distribution.kind === 'constant') return distribution.value;
  if (distribution.kind !== 'categorical') return multiple(distribution, index);
  const value = distribution.values[index];
  if (value === undefined) throw new RangeError(`no value ${index}`);
  return value;
}

// The value below which this share of all draws lies, 0 <= share < 1: random shares are draws.
export function valueAtShare(distribution: Distribution, share: number): Value {
  switch (distribution.kind) {
    case 'constant':
      return distribution.value;
    case 'categorical':
      return choiceAt(distribution, categoryAtShare(distribution, share));
    case 'int_uniform':
      return choiceAt(distribution, Math.floor(share * choiceCount(distribution)));
    case 'uniform':
    case 'log_uniform_values':
      return within(distribution, Number(between(distribution, share).toPrecision(DIGITS)));
    default: {
      const { low, high, size } = steps(distribution);
      const nearest = Math.round(between(distribution, share) / size);
      return multiple(distribution, Math.min(high, Math.max(low, nearest)) - low);
    }
  }
}

// Where a value lies in the unit cube: nowhere for a constant, on a line for numbers, and for names
// on an axis of its own.
export function coordinatesOf(distribution: Distribution, value: Value): number[] {
  if (choiceCount(distribution) === 1 || distribution.kind === 'constant') return [];
  if (distribution.kind !== 'categorical') return [place(distribution, Number(value))];
  const numbers = inOrder(distribution.values);
  if (numbers) return [numbers.indexOf(value) / (numbers.length - 1)];
  return distribution.values.map((each) => (each === value ? 1 : 0));
}

// The values beside this one: both next ones of numbers, all others of names, some of a range.
export function neighboursOf(
  distribution: Distribution,
  value: Value,
  random: () => number,
): Value[] {
  if (distribution.kind === 'constant') return [];
  if (distribution.kind === 'categorical') {
    const numbers = inOrder(distribution.values);
    if (!numbers) return distribution.values.filter((each) => each !== value);
    const at = numbers.indexOf(value);
    return numbers.filter((_, index) => Math.abs(index - at) === 1);
  }
  const count = choiceCount(distribution);
  if (!Number.isFinite(count)) {
    const from = place(distribution, Number(value));
    const shares = REACHES.map((reach) => from + reach * (2 * random() - 1));
    return shares.map((share) => valueAtShare(distribution, Math.min(1, Math.max(0, share))));
  }
  const { low, size } = steps(distribution);
  const at = Math.round(Number(value) / size) - low;
  const beside = [at - 1, at + 1].filter((index) => index >= 0 && index < count);
  return beside.map((index) => multiple(distribution, index));
}

type AnyRange = Range | SteppedRange;

// The multiples of the size of a step that lie in the range.
function steps(range: AnyRange): { low: number; high: number; size: number } {
  const size = 'q' in range ? range.q : 1;
  const low = Math.ceil(range.min / size - SLACK);
  return { low, high: Math.floor(range.max / size + SLACK), size };
}

function multiple(range: AnyRange, index: number): number {
  const { low, size } = steps(range);
  return Number(((low + index) * size).toPrecision(DIGITS_OF_MULTIPLES));
}

function isLog({ kind }: AnyRange): boolean {
  return kind === 'log_uniform_values' || kind === 'q_log_uniform_values';
}

function between(range: AnyRange, share: number): number {
  const { min, max } = range;
  return isLog(range) ? min * (max / min) ** share : min + share * (max - min);
}

// The inverse of `between`.
function place(range: AnyRange, value: number): number {
  const { min, max } = range;
  if (min === max) return 0;
  const share = isLog(range)
    ? Math.log(value / min) / Math.log(max / min)
    : (value - min) / (max - min);
  return Math.min(1, Math.max(0, share));
}

function within({ min, max }: AnyRange, value: number): number {
  return Math.min(max, Math.max(min, value));
}

function categoryAtShare({ values, probabilities }: Categorical, share: number): number {
  if (!probabilities) return Math.floor(share * values.length);
  let sum = 0;
  const index = probabilities.findIndex((each) => {
    sum += each;
    return share < sum;
  });
  return index < 0 ? values.length - 1 : index;
}

// Numbers from the least to the greatest; nothing where one is no number.
function inOrder(values: readonly Value[]): Value[] | undefined {
  if (values.some((value) => typeof value !== 'number')) return undefined;
  return values.toSorted((a, b) => Number(a) - Number(b));
}
