// One story from the grammar: choose a plot, a cast and the facts, then tell the beats in order.
// Facts stay fixed through a story, so that its end can refer back to its beginning.
import { castCharacter, pickUnused } from './cast.mjs';
import { createHeroChecker } from './check.mjs';
import { withFewNames } from './few_names.mjs';
import { loadLexicon } from './lexicon.mjs';
import { polish } from './polish.mjs';
import { createRandom } from './random.mjs';
import { expand } from './template.mjs';

/**
 * @typedef {import('./lexicon.mjs').Lexicon} Lexicon
 * @typedef {import('./lexicon.mjs').Plot} Plot
 * @typedef {import('./random.mjs').Random} Random
 * @typedef {import('./template.mjs').Facts} Facts
 */

/**
 * @typedef {object} Kind  of stories
 * @property {number} [names]    of girls, and of others in proportion (few_names.mjs); without it all
 * @property {number} [chains]   so many of a hundred stories are chain tales; without it none
 * @property {boolean} [heroes]  only stories that keep their hero (check.mjs)
 */

// A teller: story number n of a seed, the same text every time, in any order.
/** @param {number} seed @param {Kind} [kind] @returns {(index: number) => string} */
export function createTeller(seed, { names, chains = 0, heroes = false } = {}) {
  const all = loadLexicon();
  const lexicon = names === undefined ? all : withFewNames(all, names);
  const isTold = heroes ? createHeroChecker() : () => true;
  const tell = (/** @type {Random} */ random) => {
    const plots = chains > 0 && random.chance(chains) ? lexicon.chains : lexicon.plots;
    return tellPlot(random.pick(plots), lexicon, random);
  };
  return (index) => {
    const random = createRandom(seed, index);
    let story = tell(random);
    while (!isTold(story)) story = tell(random);
    return story;
  };
}

// One story of the given plot.
/** @param {Plot} plot @param {Lexicon} lexicon @param {Random} random @returns {string} */
export function tellPlot(plot, lexicon, random) {
  const facts = chooseFacts(plot, lexicon, random);
  const telling = { facts, pools: lexicon.pools, random, used: new Set() };
  /** @type {string[]} */
  const paragraphs = [];
  for (const beat of plot.beats) {
    if (beat.optional && random.chance(50)) continue;
    const text = expand(random.pick(beat.options), telling);
    if (beat.paragraph || paragraphs.length === 0) paragraphs.push(text);
    else paragraphs[paragraphs.length - 1] += ` ${text}`;
  }
  return paragraphs.map(polish).join('\n');
}

// The cast, the plot's own facts, and a few that every story has.
/** @param {Plot} plot @param {Lexicon} lexicon @param {Random} random @returns {Facts} */
function chooseFacts(plot, lexicon, random) {
  const world = random.pick(plot.worlds);
  /** @type {Facts} */
  const facts = new Map();
  const taken = new Set();
  for (const part of plot.cast) {
    facts.set(part.role, castCharacter(part, world, lexicon, taken, random));
  }
  const common = [
    { fact: 'weather', table: 'weather' },
    { fact: 'place', table: `${world}_places` },
    { fact: 'colour', table: 'colours' },
    { fact: 'treat', table: 'treats' },
  ];
  for (const { fact, table } of [...plot.picks, ...common]) {
    if (facts.has(fact)) continue;
    facts.set(fact, pickUnused(lexicon, table, taken, random));
  }
  return facts;
}
