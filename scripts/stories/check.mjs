#!/usr/bin/env node
// Measures how well stories hold together: whether they keep their hero and their thing to the end,
// come to an end, say a sentence twice, bring in strangers late, and use words that are none.
import { isMain, runCommand } from './command.mjs';
import { samplePath } from './files.mjs';
import { readOptions } from './options.mjs';
import { readText, splitStories, splitText } from './text.mjs';
import { knownNames, knownThings, knownWords, wordsOf } from './vocabulary.mjs';

/**
 * @typedef {object} Checked  of one story
 * @property {string | undefined} hero   who is named most in the first half
 * @property {boolean} keepsHero         the second half names the hero, or who came first, or nobody
 * @property {string | undefined} thing  what the first half speaks of first
 * @property {boolean} keepsThing        the second half speaks of it, too
 * @property {boolean} ends              the last sentence is whole
 * @property {number} strangers          names that first come in the second half
 * @property {number} sentences
 * @property {number} repeated           sentences that were told before in the story
 * @property {number} words
 * @property {string[]} unknown          words that no source of the stories has
 */

// What checking needs to know, read once.
export function createChecker() {
  const names = finder(knownNames(), true);
  const things = finder(knownThings(), false);
  const known = knownWords();
  return (/** @type {string} */ story) => check(story, names, things, known);
}

// Finds words or phrases in a text, in its order.
/** @param {readonly string[]} phrases @param {boolean} exact @returns {(text: string) => string[]} */
function finder(phrases, exact) {
  const escaped = phrases.map((phrase) => phrase.replace(/[^\w ]/g, '\\$&'));
  const pattern = new RegExp(`\\b(?:${escaped.join('|')})\\b`, exact ? 'g' : 'gi');
  return (text) =>
    (text.match(pattern) ?? []).map((found) => (exact ? found : found.toLowerCase()));
}

/** @typedef {(text: string) => string[]} Find */

// Whether a story keeps its hero, told by names alone.
/** @returns {(story: string) => boolean} */
export function createHeroChecker() {
  const names = finder(knownNames(), true);
  return (story) => heroOf(halvesOf(sentencesOf(story)), names).keepsHero;
}

/** @param {string} story @param {Find} names @param {Find} things @param {Set<string>} known @returns {Checked} */
function check(story, names, things, known) {
  const sentences = sentencesOf(story);
  const halves = halvesOf(sentences);
  const [thing] = things(halves.begin);
  const words = wordsOf(story);
  return {
    ...heroOf(halves, names),
    thing,
    keepsThing: thing !== undefined && things(halves.rest).includes(thing),
    ends: /[.!?]"?$/.test(story.trim()),
    sentences: sentences.length,
    repeated: sentences.length - new Set(sentences).size,
    words: words.length,
    unknown: words.filter((word) => !known.has(word)),
  };
}

/** @typedef {{ begin: string, rest: string }} Halves */

/** @param {readonly string[]} sentences @returns {Halves} */
function halvesOf(sentences) {
  const middle = Math.ceil(sentences.length / 2);
  return { begin: sentences.slice(0, middle).join(' '), rest: sentences.slice(middle).join(' ') };
}

/** @param {Halves} halves @param {Find} names */
function heroOf({ begin, rest }, names) {
  const [before, after] = [names(begin), new Set(names(rest))];
  const heroes = [before[0], mostNamed(before)].filter((name) => name !== undefined);
  return {
    hero: heroes.at(-1),
    keepsHero: before.length > 0 && (after.size === 0 || heroes.some((name) => after.has(name))),
    strangers: [...after].filter((name) => !before.includes(name)).length,
  };
}

// The name that comes most often, the first of several.
/** @param {readonly string[]} found @returns {string | undefined} */
function mostNamed(found) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const name of found) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}

/** @param {string} story */
function sentencesOf(story) {
  return story
    .split(/(?<=[.!?]"?)\s+(?![a-z])/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '');
}

// The figures of many stories, as rows of a name and a value.
/** @param {readonly Checked[]} stories @returns {[string, string][]} */
export function figures(stories) {
  const share = (/** @type {(story: Checked) => boolean} */ is, of = stories) =>
    `${((100 * of.filter(is).length) / Math.max(1, of.length)).toFixed(1)} %`;
  const sum = (/** @type {(story: Checked) => number} */ of) =>
    stories.reduce((total, story) => total + of(story), 0);
  const unknown = stories.flatMap((story) => story.unknown);
  const words = sum((story) => story.words);
  const one = unknown.length === 0 ? 'none' : `one in ${Math.round(words / unknown.length)}`;
  const withThing = stories.filter(({ thing }) => thing !== undefined);
  return [
    ['stories', String(stories.length)],
    ['words of a story', (words / Math.max(1, stories.length)).toFixed(0)],
    ['have a hero', share(({ hero }) => hero !== undefined)],
    ['keep their hero to the end', share(({ keepsHero }) => keepsHero)],
    ['keep their thing, of those that have one', share(({ keepsThing }) => keepsThing, withThing)],
    ['come to an end', share(({ ends }) => ends)],
    ['keep their hero and end', share(({ keepsHero, ends }) => keepsHero && ends)],
    ['bring in a stranger late', share(({ strangers }) => strangers > 0)],
    [
      'sentences told twice',
      ratio(
        sum((story) => story.repeated),
        sum((story) => story.sentences),
      ),
    ],
    ['words that are none', one],
  ];
}

/** @param {number} part @param {number} all */
function ratio(part, all) {
  return `${((100 * part) / Math.max(1, all)).toFixed(2)} %`;
}

const help = `node scripts/stories/check.mjs [--text FILE] [--held-out] [--words]
  Prints how well the stories of a text hold together.
  --text FILE   the text, an empty line between stories (default data/tiny_stories_sample.txt)
  --held-out    only its last tenth
  --words       also the words that are none
  --help        this text
`;

/** @param {string[]} args */
async function main(args) {
  const options = readOptions(args, {
    ...{ text: 'string', 'held-out': 'boolean', words: 'boolean', help: 'boolean' },
  });
  if (options.help) {
    process.stdout.write(help);
    return;
  }
  const text = readText(String(options.text ?? samplePath));
  const stories = splitStories(options['held-out'] ? splitText(text).heldOut : text);
  const checked = stories.map(createChecker());
  for (const [name, value] of figures(checked))
    process.stdout.write(`${name.padEnd(44)}${value}\n`);
  if (!options.words) return;
  const unknown = new Set(checked.flatMap((story) => story.unknown));
  process.stdout.write(`${[...unknown].sort().join(' ')}\n`);
}

if (isMain(import.meta.url)) {
  await runCommand('check', main);
}
