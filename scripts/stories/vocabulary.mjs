// All that the grammar and the handwritten stories can say, as words; and the names of characters.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pronouns, walking } from './cast.mjs';
import { loadLexicon } from './lexicon.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const folders = ['tables', 'plots', 'chains', 'handwritten'];
const nameTables = ['girls', 'boys', 'animal_names', 'women', 'men'];

// The words of a text in small letters, without the ending of whose they are.
/** @param {string} text @returns {string[]} */
export function wordsOf(text) {
  const words = text.toLowerCase().match(/[a-z]+(?:'[a-z]+)*/g) ?? [];
  return words.map((word) => word.replace(/'s$/, ''));
}

// Every word that stands in a source of the stories.
/** @returns {Set<string>} */
export function knownWords() {
  const files = folders.flatMap((folder) =>
    readdirSync(here + folder).map((file) => `${here}${folder}/${file}`),
  );
  const texts = [...files, `${here}phrases.txt`].map((file) => readFileSync(file, 'utf8'));
  const own = [...Object.values(pronouns), walking].flatMap((words) => Object.values(words));
  return new Set([...texts, ...own, 'an old'].flatMap(wordsOf));
}

// The names that a character can have, the longest first: "Aunt Rut" before "Rut".
/** @returns {string[]} */
export function knownNames() {
  const { tables } = loadLexicon();
  const rows = (/** @type {string} */ table) => tables.get(table) ?? [];
  const names = nameTables.flatMap((table) => rows(table).map(({ name = '' }) => name));
  const elders = rows('old_species').map(
    ({ name = '' }) => `Old ${name.charAt(0).toUpperCase()}${name.slice(1)}`,
  );
  return [...new Set([...names, ...elders])].sort((a, b) => b.length - a.length);
}

// The things that stories are about: what can be found, made, lost and given.
/** @returns {string[]} */
export function knownThings() {
  const { plots, chains, tables } = loadLexicon();
  const picked = [...plots, ...chains].flatMap(({ picks }) =>
    picks.map(({ fact, table }) => ({ fact, table })),
  );
  const about = picked.filter(({ fact }) => fact !== 'weather' && fact !== 'place');
  const rows = [...new Set(about.map(({ table }) => table))].flatMap(
    (name) => tables.get(name) ?? [],
  );
  const names = rows.map(({ name = '' }) => name.replace(/^(an?|the) /, ''));
  return [...new Set(names)].sort((a, b) => b.length - a.length);
}
