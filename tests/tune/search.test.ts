import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../ts/support/random.ts';
import { halvingOf } from '../../ts/tune/halving.ts';
import { nextJobs, type Outcome, ranking, type SearchPlan } from '../../ts/tune/search.ts';
import { gridSettings, type Space, settingKey } from '../../ts/tune/space.ts';
import { refusal } from './refusal.ts';
import { endlessSpace, noisyLoss, runSearch, surfaceSpace } from './surface.ts';

const space: Space = [
  { name: 'a', distribution: { kind: 'int_uniform', min: 1, max: 3 } },
  { name: 'b', distribution: { kind: 'categorical', values: ['x', 'y', 'z'] } },
];
const base = { method: 'grid', goal: 'minimize', space, seed: 1 } as const;
const thirds = halvingOf({ s: 2, max_iter: 9 });
const keys = (plan: SearchPlan, outcomes: Outcome[] = []) =>
  nextJobs(plan, outcomes).trials.map(({ setting }) => settingKey(plan.space, setting));
const allKeys = gridSettings(space).map((setting) => settingKey(space, setting));
// Outcomes of one rung, of trials 0, 1, ...
const rungOf = (rung: number, values: (number | undefined)[]): Outcome[] =>
  values.map((value, trial) => ({ trial, rung, value }));

describe('grid', () => {
  it('when it begins, then all settings are jobs, whatever the seed', () => {
    const { jobs, over } = nextJobs(base, []);
    expect(jobs.map(({ trial, rung, part }) => [trial, rung, part])).toEqual(
      allKeys.map((_, index) => [index, 0, 1]),
    );
    expect(over).toBe(false);
    expect(keys(base)).toEqual(allKeys);
    expect(keys({ ...base, seed: 2 })).toEqual(allKeys);
  });

  it('when some have ended, then the others are left, and at last none', () => {
    const outcomes = rungOf(0, [5, undefined, 3]);
    const next = nextJobs(base, outcomes);
    expect(next.jobs.map(({ trial }) => trial)).toEqual([3, 4, 5, 6, 7, 8]);
    expect(next.trials).toHaveLength(9);
    const all = nextJobs(base, rungOf(0, [1, 2, 3, 4, 5, 6, 7, 8, undefined]));
    expect(all).toMatchObject({ jobs: [], over: true });
    expect(all.trials).toHaveLength(9);
  });

  it('when there is a cap, then it stops there', () => {
    expect(keys({ ...base, runCap: 4 })).toEqual(allKeys.slice(0, 4));
    expect(nextJobs({ ...base, runCap: 2 }, rungOf(0, [1, 2])).over).toBe(true);
    expect(keys({ ...base, runCap: 40 })).toEqual(allKeys);
  });
});

describe('random', () => {
  const random = { ...base, method: 'random' } as const;

  it('when there is no cap, then all settings of the space come once, in an order of the seed', () => {
    expect(keys(random).sort()).toEqual([...allKeys].sort());
    expect(keys(random)).toEqual(keys({ ...random }));
    expect(keys(random)).not.toEqual(keys({ ...random, seed: 2 }));
    expect(keys({ ...random, runCap: 40 })).toHaveLength(9);
  });

  it('when the cap is lower, then they are the first of the same', () => {
    expect(keys({ ...random, runCap: 4 })).toEqual(keys(random).slice(0, 4));
  });
});

describe('bayes', () => {
  const bayes = { ...base, method: 'bayes' } as const;

  it('when it begins, then one generation is to be done', () => {
    expect(keys(bayes)).toHaveLength(4);
    expect(keys({ ...bayes, generation: 3 })).toHaveLength(3);
    expect(keys({ ...bayes, runCap: 2 })).toHaveLength(2);
    expect(keys({ ...bayes, space: surfaceSpace, halving: thirds })).toHaveLength(9);
  });

  it('when a generation is not through, then the next does not begin', () => {
    const { jobs } = nextJobs(bayes, rungOf(0, [1, 2, 3]));
    expect(jobs.map(({ trial }) => trial)).toEqual([3]);
    const next = nextJobs(bayes, rungOf(0, [1, 2, 3, 4]));
    expect(next.jobs.map(({ trial }) => trial)).toEqual([4, 5, 6, 7]);
  });

  it('when it comes to the cap, or to the end of the space, then it is over', () => {
    const ten = { ...bayes, space: surfaceSpace, runCap: 10 };
    expect(runSearch(ten, ({ trial }) => trial).trials).toHaveLength(10);
    const all = runSearch(bayes, ({ trial }) => trial);
    expect(all.trials.map(({ setting }) => settingKey(space, setting)).sort()).toEqual(
      [...allKeys].sort(),
    );
  });

  it('when all fail, then it goes on to the cap', () => {
    const plan = { ...bayes, space: endlessSpace, runCap: 14 };
    expect(runSearch(plan, () => undefined).trials).toHaveLength(14);
    const halved = runSearch({ ...plan, halving: thirds }, () => undefined);
    expect(halved.outcomes).toHaveLength(14);
  });

  it('when early values mislead, then it learns from the last ones where to look', () => {
    const line: Space = [{ name: 'x', distribution: { kind: 'int_uniform', min: 0, max: 59 } }];
    const halving = { eta: 3, rungs: [1 / 3, 1] };
    const plan = { ...bayes, space: line, runCap: 24, halving };
    const { trials } = runSearch(plan, ({ setting: { x }, part }) =>
      part === 1 ? (Number(x) - 45) ** 2 / 100 : Number(x),
    );
    expect(trials.map(({ setting }) => setting.x)).toContain(45);
  });

  it('when another trial of the same generation ended otherwise, then what ran beside it stays', () => {
    const plan = { ...bayes, space: surfaceSpace, runCap: 12 };
    const values = [3, 1, 2, 4, 9, 8, 7, 6];
    const one = keys(plan, rungOf(0, values));
    const other = keys(plan, rungOf(0, [...values.slice(0, 7), 0.5]));
    expect(one).toHaveLength(12);
    expect(other.slice(0, 8)).toEqual(one.slice(0, 8));
    expect(other).not.toEqual(one);
  });
});

describe('halving', () => {
  const plan = { ...base, halving: thirds } as const;
  const first = [5, 3, 9, 1, 7, 2, 8, 4, 6];

  it('when a rung is through, then the best third goes on, and at last one', () => {
    const begun = nextJobs(plan, []).jobs;
    expect(begun.map(({ part }) => part)).toEqual(Array.from({ length: 9 }, () => 1 / 9));
    const going = nextJobs(plan, rungOf(0, first)).jobs;
    expect(going.map(({ trial, rung, part }) => [trial, rung, part])).toEqual([
      [3, 1, 1 / 3],
      [5, 1, 1 / 3],
      [1, 1, 1 / 3],
    ]);
    expect(going[0]?.setting).toEqual(begun[3]?.setting);
    const second = [3, 5, 1].map((trial) => ({ trial, rung: 1, value: trial }));
    const last = nextJobs(plan, [...rungOf(0, first), ...second]).jobs;
    expect(last.map(({ trial, rung, part }) => [trial, rung, part])).toEqual([[1, 2, 1]]);
    const end = { trial: 1, rung: 2, value: 1 };
    expect(nextJobs(plan, [...rungOf(0, first), ...second, end]).over).toBe(true);
  });

  it('when one of a rung is not known, then nothing goes on', () => {
    const { jobs } = nextJobs(plan, rungOf(0, first.slice(0, 8)));
    expect(jobs.map(({ trial, rung }) => [trial, rung])).toEqual([[8, 0]]);
  });

  it('when the goal is the greatest value, then the greatest go on', () => {
    const { jobs } = nextJobs({ ...plan, goal: 'maximize' }, rungOf(0, first));
    expect(jobs.map(({ trial }) => trial)).toEqual([2, 6, 4]);
  });

  it('when values are the same, then the first trials go on', () => {
    const { jobs } = nextJobs(plan, rungOf(0, [2, 1, 1, 1, 1, 2, 2, 2, 2]).reverse());
    expect(jobs.map(({ trial }) => trial)).toEqual([1, 2, 3]);
  });

  it('when trials fail, then they never go on, even where nothing else does', () => {
    const some = [undefined, 9, undefined, Number.NaN, ...[1, 2, 3, 4, 5].map(() => undefined)];
    expect(nextJobs(plan, rungOf(0, some)).jobs.map(({ trial }) => trial)).toEqual([1]);
    const none = some.map(() => undefined);
    expect(nextJobs(plan, rungOf(0, none))).toMatchObject({ jobs: [], over: true });
  });

  it('when a third is no whole number, then fewer go on', () => {
    const { jobs } = nextJobs({ ...plan, runCap: 8 }, rungOf(0, first.slice(0, 8)));
    expect(jobs.map(({ trial }) => trial)).toEqual([3, 5]);
  });

  it('when fewer run than are cut, then one still goes on', () => {
    const { jobs } = nextJobs({ ...plan, runCap: 2 }, rungOf(0, [4, 3]));
    expect(jobs.map(({ trial, rung }) => [trial, rung])).toEqual([[1, 1]]);
  });
});

describe('ranking', () => {
  const plan = { ...base, halving: thirds } as const;

  it('when trials reached different rungs, then the higher rung counts before the value', () => {
    const outcomes = [
      ...rungOf(0, [5, 3, undefined, 1, 7, 2, 8, 4, 4]),
      { trial: 3, rung: 1, value: 6 },
      { trial: 5, rung: 1, value: undefined },
      { trial: 1, rung: 1, value: 5 },
    ];
    const order = ranking(plan, outcomes).map(({ trial, rung, value }) => [trial, rung, value]);
    expect(order).toEqual([
      ...[
        [1, 1, 5],
        [3, 1, 6],
      ],
      ...[
        [7, 0, 4],
        [8, 0, 4],
        [0, 0, 5],
        [4, 0, 7],
        [6, 0, 8],
      ],
      ...[
        [2, 0, undefined],
        [5, 1, undefined],
      ],
    ]);
  });

  it('when the goal is the greatest value, then that is first, and is told as it was', () => {
    const ranked = ranking({ ...base, goal: 'maximize' }, rungOf(0, [0, -2, 3]));
    expect(ranked.map(({ trial, value }) => [trial, value])).toEqual([
      [2, 3],
      [0, 0],
      [1, -2],
    ]);
    expect(ranked[0]?.setting).toEqual({ a: 1, b: 'z' });
  });

  it('when nothing has ended, then there is nothing to rank', () => {
    expect(ranking(base, [])).toEqual([]);
  });
});

describe('the same search, however it runs', () => {
  const lossOf = noisyLoss(0.02);
  // One of eleven fails.
  const outcomeOf = ({ trial, setting, part }: { trial: number; setting: object; part: number }) =>
    trial % 11 === 5 ? undefined : lossOf(setting as Parameters<typeof lossOf>[0], part);
  const plans: SearchPlan[] = [
    { ...base, method: 'bayes', space: endlessSpace, seed: 3, runCap: 22 },
    { ...base, method: 'bayes', space: surfaceSpace, seed: 4, runCap: 30, halving: thirds },
    { ...base, method: 'random', space: endlessSpace, seed: 5, runCap: 30, halving: thirds },
    { ...base, method: 'grid', space: surfaceSpace, runCap: 40, halving: thirds },
  ];

  it.each(plans)('$method, $runCap trials: with one worker, with three, with many', (plan) => {
    const usual = runSearch(plan, outcomeOf);
    const order = ranking(plan, usual.outcomes);
    expect(order.length).toBe(usual.trials.length);
    for (const [index, workers] of [1, 3, 100].entries()) {
      const other = runSearch({ ...plan }, outcomeOf, { workers, order: index + 2 });
      expect(other.trials).toEqual(usual.trials);
      expect(other.cost).toBeCloseTo(usual.cost, 9);
      expect(ranking({ ...plan }, other.outcomes)).toEqual(order);
    }
  });

  it.each(plans)('$method, $runCap trials, from any part of the outcomes in any order', (plan) => {
    const { outcomes } = runSearch(plan, outcomeOf);
    const random = seededRandom(8);
    for (const share of [0.3, 0.6, 1]) {
      const known = outcomes.slice(0, Math.ceil(share * outcomes.length));
      const places = new Map(known.map((outcome) => [outcome, random()]));
      const place = (outcome: Outcome) => places.get(outcome) ?? 0;
      const shuffled = known.toSorted((a, b) => place(a) - place(b));
      expect(shuffled).not.toEqual(known);
      expect(nextJobs({ ...plan }, shuffled)).toEqual(nextJobs({ ...plan }, known));
      expect(ranking({ ...plan }, shuffled)).toEqual(ranking({ ...plan }, known));
    }
  });

  it('when the seed is another, then so are the trials', () => {
    for (const plan of plans.slice(0, 3)) {
      const other = { ...plan, seed: 99 };
      expect(runSearch(other, outcomeOf).trials).not.toEqual(runSearch(plan, outcomeOf).trials);
    }
  });
});

describe('what is refused', () => {
  it.each(['random', 'bayes'] as const)('%s without an end', (method) => {
    expect(refusal(() => nextJobs({ ...base, method, space: endlessSpace }, []))).toBe(
      `method ${method} needs run_cap, since a range has endlessly many values; give run_cap, such as 30`,
    );
  });

  it('more trials than can be tried, and a grid of a range', () => {
    const runCap = 200_000;
    expect(
      refusal(() => nextJobs({ ...base, method: 'random', space: endlessSpace, runCap }, [])),
    ).toMatch(/^the sweep has 200,000 settings; give run_cap, at most 100,000/);
    expect(refusal(() => nextJobs({ ...base, space: endlessSpace }, []))).toMatch(
      /^parameter lr: grid needs `values`/,
    );
  });
});
