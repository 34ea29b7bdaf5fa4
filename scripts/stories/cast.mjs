// Who is in a story: names, kinds and pronouns that agree. A cast never has two characters of one
// name, and in a story about animals never two of one species.

/**
 * @typedef {import('./random.mjs').Random} Random
 * @typedef {import('./template.mjs').Fact} Fact
 * @typedef {import('./lexicon.mjs').Lexicon} Lexicon
 * @typedef {import('./lexicon.mjs').Part} Part
 */

// What a story calls a girl and a boy.
export const pronouns = {
  she: { they: 'she', them: 'her', their: 'her', theirs: 'hers', self: 'herself' },
  he: { they: 'he', them: 'him', their: 'his', theirs: 'his', self: 'himself' },
};

/** @param {Lexicon} lexicon @param {string} name @returns {Fact[]} */
function table(lexicon, name) {
  const rows = lexicon.tables.get(name);
  if (!rows) throw new Error(`no table named "${name}"`);
  return rows;
}

// A row of a table whose name is not taken yet; takes it. A size leaves only the rows of that size.
/**
 * @param {Lexicon} lexicon
 * @param {string} name
 * @param {Set<string>} taken
 * @param {Random} random
 * @param {string} [size]
 */
export function pickUnused(lexicon, name, taken, random, size) {
  const rows = table(lexicon, name).filter((row) => !size || !row.size || row.size === size);
  const free = rows.filter((row) => !taken.has(row.name ?? ''));
  const row = random.pick(free.length > 0 ? free : rows);
  taken.add(row.name ?? '');
  return row;
}

// One character for a part; peers are children or young animals, elders are grown up.
/**
 * @param {Part} part
 * @param {string} world
 * @param {Lexicon} lexicon
 * @param {Set<string>} taken
 * @param {Random} random
 * @returns {Fact}
 */
export function castCharacter(part, world, lexicon, taken, random) {
  const isGirl = random.chance(50);
  const words = isGirl ? pronouns.she : pronouns.he;
  const size = part.kind === 'small' || part.kind === 'large' ? part.kind : undefined;
  const pick = (/** @type {string} */ name) => pickUnused(lexicon, name, taken, random, size);
  const character = part.kind === 'elder' ? elder : peer;
  return { ...character(world, isGirl, pick), ...words };
}

/** @typedef {(table: string) => Fact} Picker */

/** @param {string} world @param {boolean} isGirl @param {Picker} pick @returns {Fact} */
function peer(world, isGirl, pick) {
  const trait = pick('traits');
  const habit = pick('habits');
  const common = {
    trait: trait.name ?? '',
    proof: trait.proof ?? '',
    habit: habit.name ?? '',
    habiting: habit.ing ?? '',
    do: habit.do ?? '',
  };
  if (world === 'people') {
    const { name = '' } = pick(isGirl ? 'girls' : 'boys');
    const { name: kind = '' } = pick(isGirl ? 'girl_kinds' : 'boy_kinds');
    return { ...common, name, kind, home: 'house', ...walking };
  }
  const species = pick('species');
  const { name = '' } = pick('animal_names');
  const kind = species.name ?? '';
  return { ...species, ...common, name, kind };
}

// How people get about.
export const walking = { foot: 'foot', feet: 'feet', hand: 'hand', went: 'walked', ran: 'ran' };

/** @param {string} world @param {boolean} isGirl @param {Picker} pick @returns {Fact} */
function elder(world, isGirl, pick) {
  if (world === 'people') {
    const { name: title = '', calls = '' } = pick(isGirl ? 'women' : 'men');
    return { name: title, kind: calls, home: 'house' };
  }
  const species = pick('old_species');
  const kind = species.name ?? '';
  return { ...species, name: `Old ${capital(kind)}`, kind };
}

/** @param {string} word */
function capital(word) {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
