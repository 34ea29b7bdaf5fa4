// How long a trial is: steps, tokens, or the hours of a laptop, in which a cheaper model learns for
// more steps; and how much memory it may take.
import { isObject } from '../support/json.ts';
import { wrong } from './mistake.ts';
import type { Space } from './space.ts';

// What a trial may spend; without a length it is that of its preset.
export interface Budget {
  steps?: number;
  tokens?: number;
  /** Modelled cycles of the machine, cache misses included. */
  cycles?: number;
  /** Hours of the machine: as many cycles as it has in them. */
  hours?: number;
  /** Bytes of RAM; without them those of the machine. */
  ram?: number;
}

// The lengths that exclude each other, and the memory.
const budgetKinds = ['steps', 'tokens', 'cycles', 'hours', 'ram'] as const;
const LENGTHS = ['steps', 'tokens', 'cycles', 'hours'] as const;

const UNITS: Readonly<Record<string, number>> = { KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 };
const SECONDS = 3600;

// The budget of a sweep file.
export function parseBudget(value: unknown, space: Space): Budget {
  const fields = value === undefined ? {} : value;
  if (!isObject(fields)) {
    throw wrong('`budget` must be an object', `It may have ${budgetKinds.join(', ')}.`);
  }
  const unknown = Object.keys(fields).find((key) => !budgetKinds.some((kind) => kind === key));
  if (unknown !== undefined) {
    throw wrong(`unknown key \`${unknown}\` in \`budget\``, `Keys: ${budgetKinds.join(', ')}.`);
  }
  const lengths = LENGTHS.filter((kind) => fields[kind] !== undefined);
  if (lengths.length > 1) throw wrong(`\`budget\` has ${lengths.join(' and ')}: give one of them`);
  if (lengths[0] && space.some(({ name }) => name === 'steps')) {
    throw wrong(`\`budget\` says how long a trial is, and so does the parameter \`steps\``);
  }
  const pairs = lengths.map((kind) => [kind, positive(fields[kind], kind)] as const);
  const ram = fields.ram === undefined ? undefined : bytesOf(fields.ram);
  return { ...Object.fromEntries(pairs), ...(ram !== undefined && { ram }) };
}

function positive(value: unknown, kind: (typeof LENGTHS)[number]): number {
  const whole = kind === 'steps' || kind === 'tokens';
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) {
    if (!whole || Number.isSafeInteger(value)) return value;
  }
  throw wrong(`\`${kind}\` of \`budget\` must be a ${whole ? 'whole ' : ''}number above 0`);
}

function bytesOf(value: unknown): number {
  const [, digits, unit] = /^(\d{1,9})\s*(KB|MB|GB)$/i.exec(String(value)) ?? [];
  const factor = UNITS[unit?.toUpperCase() ?? ''];
  if (digits !== undefined && factor !== undefined && Number(digits) > 0) {
    return Number(digits) * factor;
  }
  throw wrong('`ram` of `budget` must be a size such as 32MB');
}

// Whether the length of a trial depends on what a step of it costs.
export function needsCycles({ cycles, hours }: Budget): boolean {
  return cycles !== undefined || hours !== undefined;
}

// What is known of a training before its first step.
export interface StepCost {
  /** Steps of its preset, or of the program's own default. */
  steps: number;
  tokensPerStep: number;
  /** Modelled, where the budget needs them. */
  cyclesPerStep?: number;
}

// The steps that a trial has; 0 where not even one fits.
export function stepsWithin(budget: Budget, cost: StepCost, clock: number): number {
  const { steps, tokens, cycles, hours } = budget;
  if (steps !== undefined) return steps;
  if (tokens !== undefined) return Math.floor(tokens / cost.tokensPerStep);
  const all = cycles ?? (hours === undefined ? undefined : hours * SECONDS * clock);
  if (all === undefined) return cost.steps;
  if (cost.cyclesPerStep === undefined) throw new Error('the cycles of a step are not known');
  return Math.floor(all / cost.cyclesPerStep);
}
