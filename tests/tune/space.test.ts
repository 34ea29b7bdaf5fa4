import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../ts/support/random.ts';
import { drawDistinct } from '../../ts/tune/draws.ts';
import {
  coordinateCount,
  coordinates,
  drawNear,
  drawSetting,
  finiteSize,
  gridSettings,
  type Space,
  settingKey,
} from '../../ts/tune/space.ts';
import { refusal } from './refusal.ts';

const space: Space = [
  { name: 'lr', distribution: { kind: 'categorical', values: [0.01, 0.1] } },
  { name: 'steps', distribution: { kind: 'constant', value: 500 } },
  { name: 'scheme', distribution: { kind: 'categorical', values: ['row', 'absmean'] } },
  { name: 'layers', distribution: { kind: 'int_uniform', min: 1, max: 3 } },
];
const rate = { name: 'lr', distribution: { kind: 'uniform', min: 0, max: 1 } } as const;
const keys = (settings: ReturnType<typeof gridSettings>, of = space) =>
  settings.map((setting) => settingKey(of, setting));

describe('gridSettings', () => {
  it('when it counts, then the last parameter changes fastest', () => {
    const lines = gridSettings(space).map((setting) => Object.values(setting).join(' '));
    expect(lines).toEqual([
      ...['0.01 500 row 1', '0.01 500 row 2', '0.01 500 row 3'],
      ...['0.01 500 absmean 1', '0.01 500 absmean 2', '0.01 500 absmean 3'],
      ...['0.1 500 row 1', '0.1 500 row 2', '0.1 500 row 3'],
      ...['0.1 500 absmean 1', '0.1 500 absmean 2', '0.1 500 absmean 3'],
    ]);
    expect(Object.keys(gridSettings(space)[0] ?? {})).toEqual(space.map(({ name }) => name));
    expect(finiteSize(space)).toBe(12);
  });

  it('when only the first are asked for, then a huge grid is no matter', () => {
    const huge = { kind: 'int_uniform', min: 1, max: 1e9 } as const;
    const wide: Space = ['a', 'b'].map((name) => ({ name, distribution: huge }));
    expect(gridSettings(wide, 2)).toEqual([
      { a: 1, b: 1 },
      { a: 1, b: 2 },
    ]);
    expect(refusal(() => gridSettings(wide))).toBe(
      'the sweep has 1,000,000,000,000,000,000 settings; give run_cap, at most 100,000, or fewer values',
    );
  });

  it('when a range has no steps, then it is refused by name', () => {
    expect(refusal(() => gridSettings([...space, rate]))).toBe(
      'parameter lr: grid needs `values`, and uniform has endlessly many; list `values`, or use q_uniform or method: random',
    );
    expect(finiteSize([...space, rate])).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('coordinates', () => {
  it('when there are several parameters, then their coordinates follow one another', () => {
    const setting = { layers: 2, scheme: 'absmean', steps: 500, lr: 0.1 };
    expect(coordinates(space, setting)).toEqual([1, 0, 1, 0.5]);
    expect(coordinateCount(space)).toBe(4);
  });
});

describe('draws', () => {
  it('when the seed is the same, then so is the setting', () => {
    const draw = (seed: number) => drawSetting([...space, rate], seededRandom(seed));
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    expect(Object.keys(draw(7))).toEqual(['lr', 'steps', 'scheme', 'layers']);
  });

  it('when one is near another, then it differs by single steps', () => {
    const from = { lr: 0.01, steps: 500, scheme: 'row', layers: 1 };
    const random = seededRandom(9);
    const near = Array.from({ length: 100 }, () => drawNear(space, from, random));
    expect(near.every(({ layers, steps }) => Number(layers) <= 2 && steps === 500)).toBe(true);
    expect(new Set(keys(near)).size).toBe(8);
  });

  it('when all are drawn, then each comes once, in an order of the seed', () => {
    const drawn = keys(drawDistinct(space, 12, seededRandom(1)));
    expect([...drawn].sort()).toEqual(keys(gridSettings(space)).sort());
    expect(drawn).not.toEqual(keys(gridSettings(space)));
    expect(keys(drawDistinct(space, 99, seededRandom(2)))).toHaveLength(12);
  });

  it('when one value is drawn hardly ever, then it still comes when the others are used up', () => {
    const rare: Space = [
      {
        name: 'x',
        distribution: { kind: 'categorical', values: [1, 2], probabilities: [1 - 1e-12, 1e-12] },
      },
    ];
    expect(drawDistinct(rare, 2, seededRandom(3))).toEqual([{ x: 1 }, { x: 2 }]);
  });

  it('when some were tried, then they do not come again', () => {
    const tried = new Set(keys(gridSettings(space, 9)));
    const drawn = keys(drawDistinct(space, 99, seededRandom(4), tried));
    expect(drawn.sort()).toEqual(keys(gridSettings(space)).slice(9).sort());
  });

  it('when a range holds only two numbers of four digits, then only those are drawn', () => {
    const narrow: Space = [{ name: 'x', distribution: { kind: 'uniform', min: 1000, max: 1001 } }];
    const drawn = drawDistinct(narrow, 99, seededRandom(5)).map(({ x }) => Number(x));
    expect(drawn.sort()).toEqual([1000, 1001]);
  });
});
