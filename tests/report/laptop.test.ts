import { describe, expect, it } from 'vitest';
import { jobFile, MAX_JOB_WORDS } from '../../ts/guest/initramfs.ts';
import { phasePairs, scalingPairs } from '../../ts/report/counts.ts';
import { boots, type Pair } from '../../ts/report/laptop.ts';
import { firstLines } from '../../ts/report/measure_laptops.ts';
import { SCALING_AXES } from '../../ts/report/scenario.ts';

const token = '0123456789abcdef';

// The commands of a boot, packed as the laptop gets them; throws when they do not fit.
function pack(pairs: readonly Pair<unknown>[]) {
  const commands = pairs.flatMap(({ long, short }) => [long, short]);
  return jobFile({ token, commands, outputs: [], programInside: '/legacy_llm' });
}

describe('boots', () => {
  const all: [string, readonly Pair<unknown>[]][] = [
    ['phases', phasePairs(['--preset', 'tiny'])],
    ['shapes', scalingPairs()],
  ];

  it.each(all)(
    'when %s do not fit into one boot, then none is lost and each boot fits',
    (_, pairs) => {
      const groups = boots(pairs);
      expect(groups.flat()).toEqual(pairs);
      expect(groups.length).toBeGreaterThan(1);
      for (const group of groups) expect(() => pack(group)).not.toThrow();
    },
  );

  it.each(all)('when %s are spread over boots, then one more would not fit', (_, pairs) => {
    const groups = boots(pairs);
    for (const [index, group] of groups.slice(0, -1).entries()) {
      const [next] = groups[index + 1] ?? [];
      if (!next) throw new Error('an empty boot');
      expect(() => pack([...group, next])).toThrow('too long');
    }
  });

  it('when a pair takes all words, then it has a boot of its own', () => {
    const words = Array<string>((MAX_JOB_WORDS - 8) / 2).fill('x');
    const pair = { what: 0, long: words, short: words };
    expect(boots([pair, pair])).toHaveLength(2);
    expect(() => pack([pair])).not.toThrow();
  });
});

describe('scalingPairs', () => {
  it('when a shape lies on all axes, then it runs once and fills all their places', () => {
    const pairs = scalingPairs();
    const places = pairs.flatMap(({ what }) => what.places);
    const sizes = SCALING_AXES.flatMap((axis) => axis.sizes);
    expect(places).toHaveLength(sizes.length);
    expect(pairs).toHaveLength(sizes.length - SCALING_AXES.length + 1);
  });
});

describe('firstLines', () => {
  const cut = (text: string, most: number) => firstLines(Buffer.from(text), most).toString();

  it.each([
    ['fits', 'one\ntwo', 7, 'one\ntwo'],
    ['is longer', 'one\ntwo\nthree\n', 9, 'one\ntwo\n'],
    ['ends a line just there', 'one\ntwo\n', 4, 'one\n'],
    ['would be cut inside a character', 'ä\nöö\n', 5, 'ä\n'],
    ['has no lines', 'abcdef', 3, 'abc'],
  ])('when the text %s, then whole lines are left', (_what, text, most, left) => {
    expect(cut(text, most)).toBe(left);
  });
});
