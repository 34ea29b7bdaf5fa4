// The numbers of the documents are those that were measured, and what they were measured of is what
// is here now. What takes long may be older; `npm run numbers -- --list` tells.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { partsOf } from '../../ts/numbers/document.ts';
import { formats } from '../../ts/numbers/formats.ts';
import { isFresh, isSame } from '../../ts/numbers/freshness.ts';
import { differences, measure } from '../../ts/numbers/measure.ts';
import { commandText, type Measurement } from '../../ts/numbers/measurement.ts';
import { measurements } from '../../ts/numbers/measurements.ts';
import { chosen, measureAll, renewDocuments, renewTexts } from '../../ts/numbers/numbers.ts';
import { claims, places } from '../../ts/numbers/places.ts';
import { readStore, type Store } from '../../ts/numbers/store.ts';
import { rootDir } from '../../ts/support/paths.ts';
import { createProgress } from '../../ts/support/progress.ts';

const store = await readStore();
const readme = readFileSync(path.join(rootDir, 'README.md'), 'utf8');

describe('the documents', () => {
  it('have every number as it was measured: npm run numbers', async () => {
    const { changed, problems } = await renewDocuments(store);
    expect([...changed, ...problems]).toEqual([]);
  });

  it('when a number in one is another, then that is found', async () => {
    const texts = new Map([
      ['README.md', readme.replace(/[\d,]+ instructions per token/, '1 instructions per token')],
    ]);
    const own = places.filter(({ document }) => document === 'README.md');
    const known = new Map(Object.entries(store).map(([name, { values }]) => [name, values]));
    const { changed } = renewTexts(texts, own, [], known);
    expect(changed.map(({ what }) => what).join()).toMatch(
      /line \d+ says 1, measured is [\d,]+ \(inst/,
    );
  });

  it('name only measurements, values and formats that there are', () => {
    for (const { holes } of places.map(({ words }) => partsOf(words))) {
      for (const { measurement, value, format } of holes) {
        expect(store[measurement]?.values, measurement).toHaveProperty([value]);
        expect(formats).toHaveProperty(format);
      }
    }
    expect(places.length + claims.length).toBeGreaterThan(30);
  });
});

// A row of numbers says in its last cell what they come from.
describe('the table of numbers in README.md', () => {
  const [, section = ''] = readme.split('## The numbers');
  const rows =
    section
      .split('\n## ')[0]
      ?.split('\n')
      .filter((line) => line.startsWith('| ')) ?? [];
  const own = [...places, ...claims].filter(({ document }) => document === 'README.md');

  it.each(rows.slice(1))('%s', (row) => {
    const isFilled = own.some((place) =>
      renewTexts(new Map([['README.md', row]]), [place], [], new Map()).problems.every(({ what }) =>
        what.includes('never measured'),
      ),
    );
    const [, test] = /`(tests\/[\w/]+\.test\.ts)`/.exec(row.split('|').at(-2) ?? '') ?? [];
    expect(isFilled || (test !== undefined && existsSync(path.join(rootDir, test)))).toBe(true);
  });
});

const named = (wanted: (measurement: Measurement) => boolean) =>
  measurements.filter(wanted).map((each) => [each.name, each] as const);

describe.each(named(({ cost }) => cost !== 'long'))('the numbers of %s', (name, measurement) => {
  it('are those of what is here now; if not: npm run numbers', async () => {
    expect(await isFresh(store[name]?.of, measurement), `${name} is stale`).toBe(true);
  });
});

describe.each(named(({ cost }) => cost === 'instant'))('%s', (name, measurement) => {
  it('when measured again, then its numbers are the same', async () => {
    const now = await measure(measurement);
    expect(differences(measurement, store[name]?.values, now)).toEqual([]);
  });
});

describe('measurements', () => {
  it('have names of their own, and commands that people can type', () => {
    expect(new Set(measurements.map(({ name }) => name)).size).toBe(measurements.length);
    const driver = { by: 'driver', words: ['emu-train', '--separator', '\\n\\n'] } as const;
    expect(commandText(driver)).toBe("npm run emu:train -- --separator '\\n\\n'");
  });

  const fake: Measurement = {
    ...{ name: 'fake', label: 'exact', cost: 'minutes', steps: [] },
    ...{
      varies: { about: 0.1, any: Number.POSITIVE_INFINITY },
      read: () => ({ exact: 2, about: 105, any: 9 }),
    },
  };
  const progress = createProgress({ write: () => {} });
  const entry = { commands: '', label: 'exact', date: '2026-11-25' } as const;
  const before: Store = { fake: { ...entry, values: { exact: 1, about: 100, any: 1 } } };
  const standing = { measurement: fake, entry: before.fake, fresh: false };

  it('when made, then what differs is told, each number is kept, and the date is new', async () => {
    const kept: Store[] = [];
    const result = await measureAll(
      [standing],
      before,
      progress,
      async (now) => void kept.push(now),
    );
    expect(result.differing).toEqual(['fake: exact was 1, is 2']);
    expect(kept[0]?.fake?.values).toEqual({ exact: 2, about: 105, any: 9 });
    expect(kept[0]?.fake?.date).not.toBe('2026-11-25');
  });

  it('when one fails, then the others are made all the same', async () => {
    const broken = { ...fake, name: 'broken', read: () => ({ exact: Number.NaN }) };
    const due = [{ ...standing, measurement: broken }, standing];
    const { failed, store: now } = await measureAll(due, before, progress, async () => {});
    expect(failed).toEqual([expect.stringContaining('broken: broken gave no exact')]);
    expect(now.fake?.values.exact).toBe(2);
  });

  it('when none is named, then those that are stale and do not take long are due', () => {
    const of = (name: string, cost: Measurement['cost'], fresh: boolean) => ({
      ...standing,
      ...{ measurement: { ...fake, name, cost }, fresh },
    });
    const all = [of('a', 'minutes', false), of('b', 'minutes', true), of('c', 'long', false)];
    const due = (choice: Partial<Parameters<typeof chosen>[1]>) =>
      chosen(all, { names: [], all: false, again: false, ...choice })
        .map(({ measurement }) => measurement.name)
        .join('');
    expect(due({})).toBe('a');
    expect(due({ all: true })).toBe('ac');
    expect(due({ again: true })).toBe('ab');
    expect(due({ names: ['b', 'c'] })).toBe('bc');
  });

  it('when only comments or only the compiler changed, then numbers stay fresh', () => {
    const now = { commands: '1', data: '2', 'program p3': '3', 'sources of p3': '4' };
    expect(isSame(now, now)).toBe(true);
    expect(isSame({ ...now, 'sources of p3': 'x' }, now)).toBe(true);
    expect(isSame({ ...now, 'program p3': 'x' }, now)).toBe(true);
    expect(isSame({ ...now, 'program p3': 'x', 'sources of p3': 'x' }, now)).toBe(false);
    expect(isSame({ ...now, data: 'x' }, now)).toBe(false);
    expect(isSame({ ...now, commands: 'x' }, now)).toBe(false);
    expect(isSame(undefined, now)).toBe(false);
  });
});
