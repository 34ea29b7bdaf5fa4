// What a search is asked for, what it asks for in turn, and what has become known.
import type { Halving } from './halving.ts';
import type { Setting, Space } from './space.ts';

// A whole search. `generation`: how many trials bayes proposes together.
export interface SearchPlan {
  readonly method: 'grid' | 'random' | 'bayes';
  readonly goal: 'minimize' | 'maximize';
  readonly space: Space;
  readonly seed: number;
  readonly runCap?: number;
  readonly halving?: Halving;
  readonly generation?: number;
}

// A setting that is tried, by its number, from 0.
export interface Trial {
  readonly trial: number;
  readonly setting: Setting;
}

// A piece of work: the trial with this part of its budget.
export interface Job extends Trial {
  readonly rung: number;
  readonly part: number;
}

// How a job ended; without a value where it failed.
export interface Outcome {
  readonly trial: number;
  readonly rung: number;
  readonly value: number | undefined;
}

// The shares of the budget that trials are given, one after the other.
export function rungsOf({ halving }: SearchPlan): readonly number[] {
  return halving?.rungs ?? [1];
}

// The outcomes by trial and rung, whatever their order. Smaller scores are better; a failure has
// none.
export class Scores {
  readonly #scores = new Map<string, number | undefined>();

  constructor({ goal }: SearchPlan, outcomes: readonly Outcome[]) {
    for (const { trial, rung, value } of outcomes) {
      const score = goal === 'minimize' ? value : -(value ?? Number.NaN);
      this.#scores.set(`${trial} ${rung}`, Number.isFinite(score) ? score : undefined);
    }
  }

  // Whether this job has ended.
  has({ trial }: Trial, rung: number): boolean {
    return this.#scores.has(`${trial} ${rung}`);
  }

  // The score of a job that ended well.
  of({ trial }: Trial, rung: number): number | undefined {
    return this.#scores.get(`${trial} ${rung}`);
  }
}
