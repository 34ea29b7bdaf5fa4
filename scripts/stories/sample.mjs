#!/usr/bin/env node
// Makes data/tiny_stories_sample.txt: the handwritten stories mixed with generated ones. The text
// has exactly 400,000 characters and its last tenth, which the program holds out, begins exactly
// with a story; both parts hold the same mixture, and no story is in it twice.
import { isMain, runCommand } from './command.mjs';
import { samplePath, writeWhole } from './files.mjs';
import { readOptions } from './options.mjs';
import { createRandom, shuffled } from './random.mjs';
import { createTeller } from './story.mjs';
import { readHandwritten } from './text.mjs';

/** @typedef {import('./random.mjs').Random} Random */

export const sampleSize = 400_000;
const seed = 1;
const gap = '\n\n';

// The whole sample, the same on every machine.
/** @returns {string} */
export function makeSample() {
  const random = createRandom(seed, 0xffffffff);
  const { kept, heldOut } = divideHandwritten(random);
  const next = storySource();
  const training = fillPart(kept, (sampleSize / 10) * 9, next);
  const rest = fillPart(heldOut, sampleSize / 10 + 1, next);
  const ordered = [...shuffled(training, random), ...shuffled(rest, random)];
  return `${ordered.join(gap)}\n`;
}

// One handwritten story of each theme is held out.
/** @param {Random} random */
export function divideHandwritten(random) {
  const themes = readHandwritten().map(({ stories }) => shuffled(stories, random));
  return {
    heldOut: themes.flatMap((stories) => stories.slice(0, 1)),
    kept: themes.flatMap((stories) => stories.slice(1)),
  };
}

// Each call gives a generated story that was not given before.
/** @returns {() => string} */
function storySource() {
  const tell = createTeller(seed);
  const told = new Set();
  let index = 0;
  return () => {
    for (;;) {
      const story = tell(index++);
      if (told.has(story)) continue;
      told.add(story);
      return story;
    }
  };
}

// Adds generated stories until the part, with a gap after each story, has exactly the given size.
// For the last place it tells stories until one has the length that is left.
/** @param {readonly string[]} start @param {number} size @param {() => string} next */
function fillPart(start, size, next) {
  const part = [...start];
  const longest = 1500;
  let left = size - part.reduce((sum, story) => sum + story.length + gap.length, 0);
  while (left > longest) {
    const story = next();
    part.push(story);
    left -= story.length + gap.length;
  }
  return [...part, ...finishPart(left - gap.length, next)];
}

// One story of this length, or two that have it together.
/** @param {number} length @param {() => string} next @returns {string[]} */
function finishPart(length, next) {
  const byLength = new Map();
  for (;;) {
    const story = next();
    if (story.length === length) return [story];
    const partner = byLength.get(length - gap.length - story.length);
    if (partner) return [story, partner];
    byLength.set(story.length, story);
  }
}

const help = `node scripts/stories/sample.mjs
  Makes data/tiny_stories_sample.txt again: always the same bytes.
`;

/** @param {string[]} args @param {AbortSignal} signal */
async function main(args, signal) {
  if (readOptions(args, { help: 'boolean' }).help) {
    process.stdout.write(help);
    return;
  }
  const text = makeSample();
  await writeWhole(samplePath, [text], signal);
  process.stdout.write(`${text.length} characters: ${samplePath}\n`);
}

if (isMain(import.meta.url)) {
  await runCommand('sample', main);
}
