// How soon a search finds what a whole grid would: a setting within 1 % of the best of 288.
import { describe, expect, it } from 'vitest';
import { halvingOf } from '../../ts/tune/halving.ts';
import type { SearchPlan } from '../../ts/tune/search.ts';
import { finiteSize, gridSettings, type Setting } from '../../ts/tune/space.ts';
import {
  bestOf,
  endlessSpace,
  found,
  loss,
  noisyLoss,
  runSearch,
  surfaceSpace,
} from './surface.ts';

const SIZE = finiteSize(surfaceSpace);
const QUARTER = SIZE / 4;
const SEEDS = [1, 2, 3, 14, 25, 36, 47, 58, 69, 70, 81, 92, 103];
const good = bestOf(surfaceSpace) * 1.01;
const base = { goal: 'minimize', space: surfaceSpace, seed: 1 } as const;
const NOISES = [0, 0.02];

// The trials that bayes takes until one is good enough. It does not know that this is looked at.
function trialsNeeded(plan: SearchPlan, lossOf: typeof loss): number {
  const enough = (setting: Setting) => loss(setting) <= good;
  const end = { ...plan, runCap: QUARTER };
  const { trials } = runSearch(end, ({ setting }) => lossOf(setting), { enough });
  const at = trials.findIndex(({ setting }) => enough(setting));
  return at < 0 ? Number.POSITIVE_INFINITY : at + 1;
}

describe('the surface', () => {
  it('has few good settings, and early losses that mislead', () => {
    const settings = gridSettings(surfaceSpace);
    expect(SIZE).toBeGreaterThanOrEqual(256);
    expect(settings.filter((setting) => loss(setting) <= good).length).toBeLessThanOrEqual(3);
    const early = settings.toSorted((a, b) => loss(a, 1 / 9) - loss(b, 1 / 9));
    expect(loss(early[0] ?? {})).toBeGreaterThan(good);
  });

  it('is such that a quarter of the settings at random do not suffice for every seed', () => {
    const plans = SEEDS.map(
      (seed) => ({ ...base, method: 'random', seed, runCap: QUARTER }) as const,
    );
    const bests = plans.map((plan) =>
      found(
        plan,
        runSearch(plan, ({ setting }) => loss(setting)),
      ),
    );
    expect(bests.filter((best) => best > good).length).toBeGreaterThanOrEqual(2);
  });
});

describe('bayes', () => {
  it.each(NOISES)('finds a good one in a quarter of the trials of the grid, noise %d', (width) => {
    const plans = SEEDS.map((seed) => ({ ...base, method: 'bayes', seed }) as const);
    const needed = plans.map((plan) => trialsNeeded(plan, noisyLoss(width)));
    expect(Math.max(...needed)).toBeLessThanOrEqual(QUARTER);
    const usual = needed.toSorted((a, b) => a - b)[Math.floor(needed.length / 2)];
    expect(usual).toBeLessThanOrEqual(SIZE / 8);
  });

  it('finds as good a one in a range of rates', () => {
    const plans = [1, 2, 3].map(
      (seed) => ({ ...base, method: 'bayes', space: endlessSpace, seed }) as const,
    );
    for (const plan of plans) expect(trialsNeeded(plan, loss)).toBeLessThanOrEqual(QUARTER);
  });
});

describe('halving', () => {
  const two = halvingOf({ s: 2 });
  const three = halvingOf({ min_iter: 1 });
  const search = (plan: SearchPlan, width: number) => {
    const lossOf = noisyLoss(width);
    const searched = runSearch(plan, ({ setting, part }) => lossOf(setting, part));
    return { cost: searched.cost, best: found(plan, searched) };
  };

  it.each(
    NOISES.flatMap((width) => [
      { rungs: 3, halving: two, runCap: 192, width },
      { rungs: 4, halving: three, width },
    ]),
  )('random, $rungs rungs: finds a good one for a quarter of the cost, noise $width', (row) => {
    const { width, rungs, ...fields } = row;
    expect(fields.halving.rungs).toHaveLength(rungs);
    for (const seed of SEEDS) {
      const { cost, best } = search({ ...base, method: 'random', ...fields, seed }, width);
      expect(cost).toBeLessThanOrEqual(QUARTER);
      expect(best, `seed ${seed}`).toBeLessThanOrEqual(good);
    }
  });

  // A good setting is lost where its early loss hides it; that is the price.
  it('bayes, 3 rungs: mostly finds a good one for a twelfth of the cost', () => {
    const plans = SEEDS.slice(0, 6).map(
      (seed) => ({ ...base, method: 'bayes', halving: two, runCap: QUARTER, seed }) as const,
    );
    const ends = plans.map((plan) => search(plan, 0));
    expect(Math.max(...ends.map(({ cost }) => cost))).toBeLessThanOrEqual(SIZE / 12 + 1e-9);
    expect(ends.filter(({ best }) => best <= good).length).toBeGreaterThanOrEqual(4);
    expect(Math.max(...ends.map(({ best }) => best))).toBeLessThanOrEqual(1.04 * good);
  });
});
