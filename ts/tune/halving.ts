// Successive halving: trials begin with a small part of their budget, and the best get more of it.
import { UserError } from '../support/errors.ts';

// Shares of a trial's budget, ascending, the last of them 1; one of `eta` trials goes on from each.
export interface Halving {
  readonly eta: number;
  readonly rungs: readonly number[];
}

const KEYS = ['min_iter', 'max_iter', 's', 'eta'] as const;
const DEFAULT_ETA = 3;
const DEFAULT_MOST = 27;
const DEFAULT_STEPS = 2;

// The halving that the keys of `early_terminate` ask for. An iteration is one of the `max_iter`
// equal parts of a trial's budget.
export function halvingOf(fields: Readonly<Record<string, unknown>>): Halving {
  for (const key of Object.keys(fields)) {
    if (KEYS.some((known) => known === key)) continue;
    throw wrong(`unknown key ${key}; there are ${KEYS.join(', ')}`);
  }
  const eta = whole(fields, 'eta', 2) ?? DEFAULT_ETA;
  const most = whole(fields, 'max_iter', 2) ?? DEFAULT_MOST;
  const first = whole(fields, 'min_iter', 1);
  const steps = whole(fields, 's', 1);
  if (first !== undefined && steps !== undefined) {
    throw wrong('min_iter and s both say where trials begin; give only one of them');
  }
  const rungs = first === undefined ? rungsBelow(eta, most, steps) : rungsFrom(first, eta, most);
  return { eta, rungs: [...rungs, 1] };
}

function rungsFrom(first: number, eta: number, most: number): number[] {
  if (first >= most) {
    throw wrong(`min_iter ${first} must be less than max_iter, which is ${most}`);
  }
  const rungs: number[] = [];
  for (let at = first; at < most; at *= eta) rungs.push(at / most);
  return rungs;
}

function rungsBelow(eta: number, most: number, steps = DEFAULT_STEPS): number[] {
  if (eta ** steps > most) {
    const least = `max_iter ${most} divided by eta ${eta} to the power of s ${steps}`;
    throw wrong(`${least} is less than one iteration; give a smaller s or a larger max_iter`);
  }
  return Array.from({ length: steps }, (_, index) => 1 / eta ** (steps - index));
}

function whole(
  fields: Readonly<Record<string, unknown>>,
  key: (typeof KEYS)[number],
  least: number,
): number | undefined {
  const value = fields[key];
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
  throw wrong(`${key} must be a whole number of at least ${least}, not ${JSON.stringify(value)}`);
}

function wrong(why: string): UserError {
  return new UserError(`early_terminate: ${why}`, { exitCode: 2 });
}
