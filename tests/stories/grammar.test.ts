// The template language, the word files and the stories that come out of them.
import { describe, expect, it } from 'vitest';
import { createChecker } from '../../scripts/stories/check.mjs';
import { loadLexicon } from '../../scripts/stories/lexicon.mjs';
import { articleFor, polish } from '../../scripts/stories/polish.mjs';
import { createRandom, shuffled } from '../../scripts/stories/random.mjs';
import { createTeller, tellPlot } from '../../scripts/stories/story.mjs';
import { expand, parseTemplate } from '../../scripts/stories/template.mjs';
import { problemsOf, unpairedQuotes } from './checks.ts';

const lexicon = loadLexicon();

function told(line: string, facts: Record<string, Record<string, string>> = {}, seed = 1) {
  const telling = {
    facts: new Map(Object.entries(facts)),
    pools: new Map([['glad', [parseTemplate('{who} laughed')]]]),
    random: createRandom(seed),
    used: new Set<ReturnType<typeof parseTemplate>>(),
  };
  return expand(parseTemplate(line), telling);
}

describe('template', () => {
  it('fills slots, fields and capitals', () => {
    expect(told('{Thing} {thing.does}', { thing: { name: 'kite', does: 'hums' } })).toBe(
      'Kite hums',
    );
  });

  it('takes every choice of nested choices sooner or later', () => {
    const seen = new Set(Array.from({ length: 200 }, (_, seed) => told('[a|[b|c]|]', {}, seed)));
    expect([...seen].sort()).toEqual(['', 'a', 'b', 'c']);
  });

  it('tells a phrase about somebody', () => {
    expect(told('<glad hero>', { hero: { name: 'Ona' } })).toBe('Ona laughed');
  });

  it.each(['[a|b', 'a]', '{thing', '<glad', 'a|b'])('refuses the unmatched %s', (line) => {
    expect(() => parseTemplate(line)).toThrow(line);
  });

  it('names a fact or a pool that is missing', () => {
    expect(() => told('{nobody.they}')).toThrow('{nobody.they}');
    expect(() => told('<sad hero>')).toThrow('"sad"');
  });
});

describe('polish', () => {
  it.each([
    ['owl', 'an'],
    ['hour', 'an'],
    ['umbrella', 'an'],
    ['one', 'a'],
    ['useful', 'a'],
    ['hen', 'a'],
  ])('the article of %s is %s', (word, article) => {
    expect(articleFor(word)).toBe(article);
  });

  it('puts right articles, capitals and spaces', () => {
    expect(polish('it was a owl .  "a old owl." she saw an hen... and went')).toBe(
      'It was an owl. "An old owl." She saw a hen... and went',
    );
  });
});

describe('random', () => {
  it('is the same for a seed and another one for the next', () => {
    const words = (seed: number, stream: number) => {
      const random = createRandom(seed, stream);
      return [random.word(), random.word()];
    };
    expect(words(7, 3)).toEqual(words(7, 3));
    expect(words(7, 3)).not.toEqual(words(8, 3));
    expect(words(7, 3)).not.toEqual(words(7, 4));
  });

  it('gives known numbers, so that a change of the steps is noticed', () => {
    const random = createRandom(7, 3);
    expect([random.word(), random.word()]).toEqual([2_793_758_450, 2_814_766_308]);
  });

  it('shuffles without losing anything', () => {
    const list = Array.from({ length: 50 }, (_, i) => i);
    const mixed = shuffled(list, createRandom(1));
    expect(mixed).not.toEqual(list);
    expect(mixed.sort((a, b) => a - b)).toEqual(list);
  });
});

describe('plots', () => {
  it('are at least 20, with three or more lines for nearly every beat', () => {
    expect(lexicon.plots.length).toBeGreaterThanOrEqual(20);
    for (const plot of lexicon.plots) {
      expect(plot.beats.length, plot.name).toBeGreaterThanOrEqual(6);
      for (const beat of plot.beats) {
        expect(beat.options.length, `${plot.name}: ${beat.name}`).toBeGreaterThanOrEqual(2);
      }
    }
  });

  it('of chain tales are told only where they are asked for, in the share that is asked for', () => {
    const isBoat = (story: string) => /Now there (were|was)/.test(story);
    const boats = (percent: number) => {
      const tell = createTeller(6, { chains: percent });
      return Array.from({ length: 300 }, (_, i) => tell(i)).filter(isBoat).length;
    };
    expect(boats(0)).toBe(0);
    expect(boats(50)).toBeGreaterThan(10);
    expect(boats(100)).toBeGreaterThan(boats(50));
    expect(createTeller(6, {})(4)).toBe(createTeller(6)(4));
  });

  it('of stories that lose their hero are told anew where heroes are to be kept', () => {
    const check = createChecker();
    const lost = (heroes: boolean) => {
      const tell = createTeller(6, { heroes });
      return Array.from({ length: 300 }, (_, i) => tell(i)).filter((s) => !check(s).keepsHero);
    };
    expect(lost(false).length).toBeGreaterThan(0);
    expect(lost(true)).toEqual([]);
  });

  const every = [...lexicon.plots, ...lexicon.chains];
  it.each(every.map((plot) => [plot.name, plot] as const))(
    '"%s" tells clean stories in both worlds',
    (_, plot) => {
      for (let i = 0; i < 150; i++) {
        const story = tellPlot(plot, lexicon, createRandom(99, i));
        expect(problemsOf(story)).toEqual([]);
        expect(unpairedQuotes(story)).toEqual([]);
        expect(story).toMatch(/^["A-Z][\s\S]*[.!?]"?$/);
        expect(story.length).toBeGreaterThan(lexicon.chains.includes(plot) ? 300 : 400);
        expect(story.length).toBeLessThan(1500);
      }
    },
  );

  it('with few names have those alone, the shortest', () => {
    const tell = createTeller(5, { names: 3 });
    const text = Array.from({ length: 200 }, (_, i) => tell(i)).join(' ');
    const people = (lexicon.tables.get('girls') ?? []).map(({ name = '' }) => name);
    const found = people.filter((name) => new RegExp(`\\b${name}\\b`).test(text));
    expect(found).toEqual(['Ada', 'Bea', 'Liv']);
  });

  it('never give two characters of a story one name', () => {
    const tell = createTeller(5);
    for (let i = 0; i < 300; i++) {
      const story = tell(i);
      expect(story).not.toMatch(/\b([A-Z][a-z]+) and \1\b/);
    }
  });
});
