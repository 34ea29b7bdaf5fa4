// The sample of the repository: made by one command, always the same, with a fair held-out part.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { samplePath } from '../../scripts/stories/files.mjs';
import { overlapShare, windows } from '../../scripts/stories/overlap.mjs';
import { makeSample, sampleSize } from '../../scripts/stories/sample.mjs';
import { readHandwritten, splitStories, splitText } from '../../scripts/stories/text.mjs';
import { problemsOf, unpairedQuotes } from './checks.ts';

const sample = readFileSync(samplePath, 'utf8');
const { training, heldOut } = splitText(sample);
const themes = readHandwritten();
const byHand = new Set(themes.flatMap((theme) => theme.stories));

describe('handwritten stories', () => {
  it('are at least 80 KB in at least 110 stories, none twice', () => {
    const stories = themes.flatMap((theme) => theme.stories);
    expect(stories.join('').length).toBeGreaterThan(80 * 1024);
    expect(stories.length).toBeGreaterThanOrEqual(110);
    expect(byHand.size).toBe(stories.length);
  });

  it('are of 500 to 930 characters, clean and in pairs of quotation marks', () => {
    for (const story of byHand) {
      expect(story.length).toBeGreaterThanOrEqual(500);
      expect(story.length).toBeLessThanOrEqual(930);
      expect(problemsOf(story)).toEqual([]);
      expect(unpairedQuotes(story)).toEqual([]);
    }
  });
});

describe('sample', () => {
  it('is remade to the same bytes', () => {
    expect(makeSample()).toBe(sample);
    expect(createHash('sha256').update(sample).digest('hex')).toBe(
      '0de8bcd4da774dc7b011c632a77368383a94028eab25fcb4e17f69ba83fb9d0c',
    );
  });

  it('is at least 300 KB, clean, of at most 70 different characters', () => {
    expect(sample.length).toBe(sampleSize);
    expect(sample.length).toBeGreaterThan(300 * 1024);
    expect(new Set(sample).size).toBeLessThanOrEqual(70);
    expect(problemsOf(sample)).toEqual([]);
  });

  it('has no story twice and all the handwritten ones', () => {
    const stories = splitStories(sample);
    expect(new Set(stories).size).toBe(stories.length);
    expect(stories.filter((story) => byHand.has(story))).toHaveLength(byHand.size);
  });
});

describe('held-out part', () => {
  it('is the last tenth and begins with a story', () => {
    expect(heldOut.length).toBe(sampleSize / 10);
    expect(training.endsWith('\n\n')).toBe(true);
  });

  it('has one handwritten story of each theme', () => {
    const stories = new Set(splitStories(heldOut));
    for (const theme of themes) {
      expect(
        theme.stories.filter((story) => stories.has(story)),
        theme.theme,
      ).toHaveLength(1);
    }
  });

  it('shares no passage of 60 characters of its handwritten stories with training', () => {
    const stories = splitStories(heldOut).filter((story) => byHand.has(story));
    expect(overlapShare(stories, windows(training, 60), 60)).toBe(0);
  });

  it('shares less than 35 % of its generated passages of 40 characters with training', () => {
    const stories = splitStories(heldOut).filter((story) => !byHand.has(story));
    expect(stories.length).toBeGreaterThan(20);
    expect(overlapShare(stories, windows(training, 40), 40)).toBeLessThan(0.35);
  });
});
