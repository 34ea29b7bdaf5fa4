// The checker itself: it must bite on what it is for, and on nothing else.
import { describe, expect, test } from 'vitest';
import { findCircles, findUpward } from './layers.ts';

const floors = ['c/main.c', 'c/train', 'c/math', 'c'];

const uses = (files: Record<string, string[]>) => new Map(Object.entries(files));

describe('findUpward', () => {
  test('when files use their own floor or those below, then nothing is wrong', () => {
    const files = uses({
      'c/main.c': ['c/train/step.h', 'c/base.h'],
      'c/train/step.c': ['c/train/step.h', 'c/math/sum.h'],
      'c/math/sum.c': ['c/base.h'],
    });
    expect(findUpward(files, floors)).toEqual([]);
  });

  test('when a file reaches up, then it is named with what it reaches for', () => {
    const files = uses({ 'c/math/sum.c': ['c/base.h', 'c/train/step.h', 'c/main.c'] });
    expect(findUpward(files, floors)).toEqual([
      'c/math/sum.c uses c/train/step.h, but c/train stands above c/math',
      'c/math/sum.c uses c/main.c, but c/main.c stands above c/math',
    ]);
  });

  test('when a folder is not in the order, then its file is named, used or not', () => {
    const files = uses({ 'ts/x.ts': [], 'c/base.c': ['mathematics/x.h'], 'c/mathx/a.c': [] });
    expect(findUpward(files, floors)).toEqual([
      'ts/x.ts is in no folder of the order',
      'c/base.c uses mathematics/x.h, which is in no folder of the order',
    ]);
  });
});

describe('findCircles', () => {
  test('when files meet again below, then that is no circle', () => {
    expect(findCircles(uses({ a: ['b', 'c'], b: ['d'], c: ['d'], d: [] }))).toEqual([]);
  });

  test('when two files use each other, then the circle is named once', () => {
    expect(findCircles(uses({ a: ['b'], b: ['a'], c: ['a'] }))).toEqual(['a -> b -> a']);
  });

  test('when a circle is longer or begins below, then only its own files are named', () => {
    const files = uses({ a: ['b'], b: ['c'], c: ['d', 'd'], d: ['b'], e: ['e'] });
    expect(findCircles(files)).toEqual(['b -> c -> d -> b', 'e -> e']);
  });
});
