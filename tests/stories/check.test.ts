// The checker of stories: what it says of stories made for the purpose, and of those of the grammar.
import { describe, expect, test } from 'vitest';
import { createChecker, figures } from '../../scripts/stories/check.mjs';
import { createTeller } from '../../scripts/stories/story.mjs';
import { knownNames, knownThings } from '../../scripts/stories/vocabulary.mjs';

const check = createChecker();

const good =
  'Dagny had a kite. Dagny ran to the mill. "Is it high?" asked Nadia. The kite flew. Dagny was glad.';

describe('one story', () => {
  test('that keeps its hero and ends', () => {
    expect(knownNames()).toEqual(expect.arrayContaining(['Dagny', 'Nadia']));
    expect(check(good)).toMatchObject({
      ...{ hero: 'Dagny', keepsHero: true, ends: true, strangers: 0, sentences: 5, repeated: 0 },
      ...{ words: 20, unknown: [] },
    });
  });

  test.each([
    ['loses its hero', 'Dagny ran. Dagny slept. Nadia sang. Nadia laughed.', { keepsHero: false }],
    [
      'goes on with nobody else',
      'Dagny ran. Dagny slept. She sang. She laughed.',
      { keepsHero: true },
    ],
    ['has no hero', 'It rained. The sun came out.', { hero: undefined, keepsHero: false }],
    ['brings in strangers', 'Dagny ran. She slept. Nadia sang with Tilda.', { strangers: 2 }],
    ['breaks off', 'Dagny ran. Dagny slept. Dagny was', { ends: false }],
    ['ends in speech', 'Dagny ran. Dagny said, "I am here."', { ends: true }],
    ['repeats itself', 'Dagny ran. She ran. Dagny ran.', { repeated: 1, sentences: 3 }],
    ['has words that are none', "Dagny's brelk was oursday.", { unknown: ['brelk', 'oursday'] }],
  ])('that %s', (_, story, found) => {
    expect(check(story)).toMatchObject(found);
  });

  test('whose thing comes again', () => {
    const [thing = ''] = knownThings();
    expect(check(`Dagny had a ${thing}. She ran. Dagny lost the ${thing}.`)).toMatchObject({
      ...{ thing, keepsThing: true },
    });
    expect(check(`Dagny had a ${thing}. She ran. Dagny slept.`).keepsThing).toBe(false);
  });
});

test('stories of the grammar hold together, and have no word that is none', () => {
  const tell = createTeller(5);
  const checked = Array.from({ length: 300 }, (_, index) => check(tell(index)));
  expect(checked.flatMap(({ unknown }) => unknown)).toEqual([]);
  expect(checked.every(({ hero, ends }) => hero !== undefined && ends)).toBe(true);
  expect(checked.filter(({ keepsHero }) => keepsHero).length).toBeGreaterThan(270);
});

test('figures are shares of the stories and of their words', () => {
  const rows = new Map(figures([check(good), check('Dagny brelked. Nadia sang. Nadia sang.')]));
  expect(rows.get('stories')).toBe('2');
  expect(rows.get('keep their hero and end')).toBe('50.0 %');
  expect(rows.get('sentences told twice')).toBe('12.50 %');
  expect(rows.get('words that are none')).toBe('one in 26');
  expect(new Map(figures([check(good)])).get('words that are none')).toBe('none');
});
