import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../ts/support/random.ts';
import { type Observation, proposeSettings, scoresNeeded } from '../../ts/tune/bayes.ts';
import { gridSettings, type Setting, type Space, settingKey } from '../../ts/tune/space.ts';

const square: Space = ['x', 'y'].map((name) => ({
  name,
  distribution: { kind: 'int_uniform', min: 0, max: 9 },
}));
const ranges: Space = ['x', 'y'].map((name) => ({
  name,
  distribution: { kind: 'uniform', min: 0, max: 9 },
}));
// A bowl, the best of which is in the middle of no four of the corners.
const score = ({ x, y }: Setting) => (Number(x) - 7) ** 2 + (Number(y) - 2) ** 2;
const apart = ({ x, y }: Setting) => Math.hypot(Number(x) - 7, Number(y) - 2);
const known = (settings: readonly Setting[], of = score): Observation[] =>
  settings.map((setting) => ({ setting, height: 1, score: of(setting) }));
const keys = (space: Space, settings: readonly Setting[]) =>
  new Set(settings.map((setting) => settingKey(space, setting)));
const sixteen = [1, 3, 6, 8].flatMap((x) => [0, 4, 5, 9].map((y) => ({ x, y })));

function propose(space: Space, observations: Observation[], count: number, seed = 1): Setting[] {
  const tried = keys(
    space,
    observations.map(({ setting }) => setting),
  );
  return proposeSettings(space, observations, tried, count, seededRandom(seed));
}

describe('proposeSettings', () => {
  it('when a bowl is known at some points, then it proposes its bottom', () => {
    const [first] = propose(square, known(sixteen), 1);
    expect(first && apart(first)).toBeLessThanOrEqual(1);
    const [other] = propose(ranges, known(sixteen), 1);
    expect(other && apart(other)).toBeLessThanOrEqual(1);
  });

  it('when the best is turned round, then it proposes another place', () => {
    const [first] = propose(
      square,
      known(sixteen, (setting) => -score(setting)),
      1,
    );
    expect(first && apart(first)).toBeGreaterThan(6);
  });

  it('when it proposes several, then none comes twice or was tried', () => {
    for (const space of [square, ranges]) {
      const settings = propose(space, known(sixteen), 8);
      expect(keys(space, settings).size).toBe(8);
      const tried = keys(space, sixteen);
      expect([...keys(space, settings)].filter((key) => tried.has(key))).toEqual([]);
    }
  });

  it('when it proposes several, then none is where another has already said most', () => {
    const scores = [3, 1, 4, 1, 5, 9, 2, 6];
    const uneven = sixteen
      .slice(0, 8)
      .map((setting, index) => ({ setting, height: 1, score: scores[index] }));
    const settings = propose(ranges, uneven, 4);
    const distances = settings.flatMap((one, index) =>
      settings
        .slice(0, index)
        .map((other) =>
          Math.hypot(Number(one.x) - Number(other.x), Number(one.y) - Number(other.y)),
        ),
    );
    expect(Math.min(...distances)).toBeGreaterThan(0.8);
  });

  it('when the seed is the same, then so are the proposals', () => {
    const text = (seed: number) => JSON.stringify(propose(ranges, known(sixteen), 4, seed));
    expect(text(1)).toBe(text(1));
    expect(text(1)).not.toBe(text(2));
  });

  it('when few scores are known, then settings are drawn', () => {
    expect(scoresNeeded(square)).toBe(4);
    const from = (settings: Setting[], of?: typeof score) =>
      JSON.stringify(propose(ranges, known(settings, of), 3));
    const three = sixteen.slice(0, 3);
    expect(from(three)).toBe(from(three, () => 5));
    expect(from(sixteen)).not.toBe(from(sixteen, ({ x }) => Number(x)));
  });

  it('when only some are left, then it proposes all of them', () => {
    const all = gridSettings(square);
    const settings = propose(square, known(all.slice(0, 97)), 9);
    expect(keys(square, settings)).toEqual(keys(square, all.slice(97)));
    expect(propose(square, known(all), 4)).toEqual([]);
  });

  it('when settings fail, then it keeps away from them', () => {
    const flat = sixteen.map((setting) => ({
      setting,
      height: 1,
      score: Number(setting.x) > 5 ? undefined : 10 - Number(setting.x),
    }));
    const [first] = propose(square, flat, 1);
    expect(Number(first?.x)).toBeLessThanOrEqual(5);
  });

  it('when one score is huge, then it hides nothing of the others', () => {
    const diverged = (setting: Setting) =>
      setting.x === 8 && setting.y === 9 ? 1e30 : score(setting);
    const [first] = propose(square, known(sixteen, diverged), 1);
    expect(first && apart(first)).toBeLessThanOrEqual(1);
  });

  it('when early scores mislead, then a few last ones show by how much', () => {
    // Early scores are worse the greater x is, so that they are best near 4.5.
    const at = (height: number, settings: readonly Setting[]) =>
      known(settings, (setting) => score(setting) + (1 - height) * 5 * Number(setting.x)).map(
        (observation) => ({ ...observation, height }),
      );
    const early = at(0, sixteen);
    const [first] = propose(square, early, 1);
    expect(Number(first?.x)).toBeLessThan(6);
    const some = sixteen.filter((_, index) => index % 2 === 1);
    const [other] = propose(square, [...early, ...at(1, some)], 1);
    expect(other && apart(other)).toBeLessThanOrEqual(1);
  });

  it('when more is known than it can use, then it uses the best and the newest', () => {
    const wide: Space = square.map(({ name }) => ({
      name,
      distribution: { kind: 'int_uniform', min: 0, max: 29 },
    }));
    const far = gridSettings(wide).filter((setting) => apart(setting) > 3);
    const [first] = propose(wide, known(far.slice(0, 300)), 1);
    expect(first && apart(first)).toBeLessThan(3);
  });
});
