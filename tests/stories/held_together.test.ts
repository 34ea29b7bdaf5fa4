// What a model makes of the beginnings of stories, and the table of its figures.
import { expect, test } from 'vitest';
import { bundledModel } from '../../ts/bundled/bundled.ts';
import { buildRunner } from '../../ts/runs/runners.ts';
import {
  beginningOf,
  comparisonText,
  storyOf,
  writeStories,
} from '../../ts/stories/held_together.ts';

test('a beginning is the first sentence', () => {
  expect(beginningOf('Dagny had a kite. It flew.')).toBe('Dagny had a kite.');
  expect(beginningOf('"Is it high?" asked Nadia. It flew.')).toBe('"Is it high?" asked Nadia.');
  expect(beginningOf('Dagny ran')).toBe('Dagny ran');
});

test('a story that the model did not end breaks off', () => {
  const line = (end: string) => JSON.stringify({ event: 'generate', text: 'Dagny ran.', end });
  expect(storyOf(`note\n${line('document')}\n`)).toBe('Dagny ran.');
  expect(storyOf(line('stop'))).toBe('Dagny ran.');
  expect(storyOf(line('tokens'))).toBe('Dagny ran. --');
  expect(() => storyOf('note\n')).toThrow('generate printed no text');
});

test('the bundled model tells as many stories as asked for, the same ones each time', async () => {
  const runner = await buildRunner({ name: 'host', target: 'host-sse' });
  const seen: number[] = [];
  const story = { model: bundledModel, count: 3, seed: 5, kind: {}, draw: [], jobs: 2 };
  const ask = () => writeStories(runner, { ...story, onStory: (done) => seen.push(done) });
  const { told, written } = await ask();
  expect(seen).toEqual([1, 2, 3]);
  for (const [at, text] of written.entries()) {
    expect(text.startsWith(beginningOf(told[at] ?? ''))).toBe(true);
    expect(text.length).toBeGreaterThan(100);
  }
  expect((await ask()).written).toEqual(written);
  const table = comparisonText(written, told).split('\n');
  expect(table[2]).toBe('| stories | 3 | 3 |');
  expect(table.find((row) => row.startsWith('| words that are none'))).toMatch(/\| none \|$/);
});
