// A lexicon with few names, the shortest: a small model has a token for each of them, and meets each
// often enough to learn who it is.

/**
 * @typedef {import('./lexicon.mjs').Lexicon} Lexicon
 * @typedef {import('./template.mjs').Fact} Fact
 */

// For so many girls: as many boys, twice as many animals, two thirds as many women and men.
/** @type {Readonly<Record<string, number>>} */
const shares = { girls: 1, boys: 1, animal_names: 2, women: 2 / 3, men: 2 / 3 };

/** @param {Lexicon} lexicon @param {number} girls @returns {Lexicon} */
export function withFewNames(lexicon, girls) {
  const tables = new Map(lexicon.tables);
  for (const [name, share] of Object.entries(shares)) {
    const rows = [...(tables.get(name) ?? [])].sort(byLength);
    tables.set(name, rows.slice(0, Math.ceil(girls * share)));
  }
  return { ...lexicon, tables };
}

// Of one length by the alphabet.
/** @param {Fact} a @param {Fact} b */
function byLength({ name: a = '' }, { name: b = '' }) {
  return a.length - b.length || (a < b ? -1 : 1);
}
