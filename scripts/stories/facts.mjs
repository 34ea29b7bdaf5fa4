#!/usr/bin/env node
// Measures a text of stories: its size, its words, how well counts of one and two characters
// predict the held-out part (what a model has to beat), and how much of it the training part
// holds word for word.
import { isMain, runCommand } from './command.mjs';
import { bigramLoss, ownEntropies, unigramLoss } from './entropy.mjs';
import { samplePath } from './files.mjs';
import { readOptions } from './options.mjs';
import { overlapShare, windows } from './overlap.mjs';
import { readHandwritten, readText, splitStories, splitText } from './text.mjs';

const windowLengths = [20, 40, 60, 80, 120];

// The facts as rows of a name and a value, ready to print.
/** @param {string} text @returns {[string, string][]} */
export function measure(text) {
  const { training, heldOut } = splitText(text);
  const own = ownEntropies(heldOut);
  const stories = splitStories(text);
  const words = text.toLowerCase().match(/[a-z]+(?:'[a-z]+)*/g) ?? [];
  const byHand = new Set(readHandwritten().flatMap((theme) => theme.stories));
  const isByHand = (/** @type {string} */ story) => byHand.has(story);
  const handwritten = stories.filter(isByHand);
  return [
    ['characters', String(text.length)],
    ['distinct characters', String(new Set(text).size)],
    ['words', String(words.length)],
    ['distinct words', String(new Set(words).size)],
    ['stories', String(stories.length)],
    ['distinct stories', String(new Set(stories).size)],
    ['handwritten stories', `${handwritten.length} (${lengthOf(handwritten)} characters)`],
    ['training part', `${training.length} characters`],
    ['held-out part', `${heldOut.length} characters, ${splitStories(heldOut).length} stories`],
    ['held-out part by training unigrams', nats(unigramLoss(training, heldOut))],
    ['held-out part by training bigrams', nats(bigramLoss(training, heldOut))],
    ['held-out part by its own unigrams', nats(own.unigram)],
    ['held-out part by its own bigrams', nats(own.bigram)],
    ...overlapRows(training, splitStories(heldOut), isByHand),
  ];
}

/** @param {number} value */
function nats(value) {
  return `${value.toFixed(4)} nats per character`;
}

/** @param {readonly string[]} stories */
function lengthOf(stories) {
  return stories.reduce((sum, story) => sum + story.length, 0);
}

/**
 * @param {string} training
 * @param {string[]} heldOut
 * @param {(story: string) => boolean} isByHand
 * @returns {[string, string][]}
 */
function overlapRows(training, heldOut, isByHand) {
  const generated = heldOut.filter((story) => !isByHand(story));
  const handwritten = heldOut.filter(isByHand);
  return windowLengths.map((length) => {
    const known = windows(training, length);
    const percent = (/** @type {string[]} */ stories) =>
      `${(100 * overlapShare(stories, known, length)).toFixed(1)} %`;
    const value = `generated ${percent(generated)}, handwritten ${percent(handwritten)}`;
    return [`held-out windows of ${length} in training`, value];
  });
}

const help = `node scripts/stories/facts.mjs [--text FILE]
  Prints what there is to know about a text of stories.
  --text FILE   the text (default data/tiny_stories_sample.txt)
  --help        this text
`;

/** @param {string[]} args */
async function main(args) {
  const options = readOptions(args, { text: 'string', help: 'boolean' });
  if (options.help) {
    process.stdout.write(help);
    return;
  }
  const file = String(options.text ?? samplePath);
  for (const [name, value] of measure(readText(file))) {
    process.stdout.write(`${name.padEnd(40)}${value}\n`);
  }
}

if (isMain(import.meta.url)) {
  await runCommand('facts', main);
}
