// The little template language of the stories: what a line may hold, and how it becomes text.
//   [a|b|c]      one of the choices (they may nest, and one may be empty)
//   {thing}      a fact of this story; {thing.field} a field of it; a capital first letter is kept
//   <glad hero>  a line of the phrase pool "glad", told about hero: there {who} means hero
// Articles, capitals and spaces are put right afterwards, in polish.mjs.

/**
 * @typedef {{ type: 'text', text: string }
 *   | { type: 'choice', options: Node[][] }
 *   | { type: 'slot', name: string, field: string, capital: boolean }
 *   | { type: 'phrase', pool: string, who: string }} Node
 * @typedef {Readonly<Record<string, string>>} Fact
 * @typedef {Map<string, Fact>} Facts
 * @typedef {Map<string, Node[][]>} Pools
 * @typedef {import('./random.mjs').Random} Random
 */

// Parses one line; throws an Error that quotes the line when brackets do not match.
/** @param {string} line @returns {Node[]} */
export function parseTemplate(line) {
  const cursor = { line, at: 0 };
  const nodes = parseSequence(cursor, '');
  if (cursor.at < line.length) throw new Error(`unmatched "${line[cursor.at]}" in: ${line}`);
  return nodes;
}

/** @param {{ line: string, at: number }} cursor @param {string} stops @returns {Node[]} */
function parseSequence(cursor, stops) {
  /** @type {Node[]} */
  const nodes = [];
  while (cursor.at < cursor.line.length) {
    const symbol = /** @type {string} */ (cursor.line[cursor.at]);
    if (stops.includes(symbol)) break;
    if (symbol === '[') nodes.push(parseChoice(cursor));
    else if (symbol === '{') nodes.push(parseSlot(takeUntil(cursor, '}')));
    else if (symbol === '<') nodes.push(parsePhrase(takeUntil(cursor, '>')));
    else if ('}>|]'.includes(symbol)) break;
    else nodes.push(parseText(cursor));
  }
  return nodes;
}

/** @param {{ line: string, at: number }} cursor @returns {Node} */
function parseText(cursor) {
  const text = /** @type {RegExpExecArray} */ (/^[^[\]{}<>|]+/.exec(cursor.line.slice(cursor.at)));
  cursor.at += text[0].length;
  return { type: 'text', text: text[0] };
}

/** @param {{ line: string, at: number }} cursor @returns {Node} */
function parseChoice(cursor) {
  /** @type {Node[][]} */
  const options = [];
  do {
    cursor.at++;
    options.push(parseSequence(cursor, '|]'));
  } while (cursor.line[cursor.at] === '|');
  if (cursor.line[cursor.at] !== ']') throw new Error(`"[" without "]" in: ${cursor.line}`);
  cursor.at++;
  return { type: 'choice', options };
}

/** @param {string} inside @returns {Node} */
function parseSlot(inside) {
  const [name = '', field = 'name'] = inside.split('.');
  const lower = name.charAt(0).toLowerCase() + name.slice(1);
  return { type: 'slot', name: lower, field, capital: lower !== name };
}

/** @param {string} inside @returns {Node} */
function parsePhrase(inside) {
  const [pool = '', who = ''] = inside.split(' ');
  return { type: 'phrase', pool, who };
}

/** @param {{ line: string, at: number }} cursor @param {string} end @returns {string} */
function takeUntil(cursor, end) {
  const close = cursor.line.indexOf(end, cursor.at);
  if (close < 0) throw new Error(`missing "${end}" in: ${cursor.line}`);
  const inside = cursor.line.slice(cursor.at + 1, close);
  cursor.at = close + 1;
  return inside;
}

// What a story is told with; "used" holds the pool lines that were told already.
/** @typedef {{ facts: Facts, pools: Pools, random: Random, used: Set<Node[]> }} Telling */

// Turns parsed nodes into text with the facts of one story.
/** @param {Node[]} nodes @param {Telling} telling @returns {string} */
export function expand(nodes, telling) {
  let text = '';
  for (const node of nodes) text += expandNode(node, telling);
  return text;
}

/** @param {Node} node @param {Telling} telling @returns {string} */
function expandNode(node, telling) {
  if (node.type === 'text') return node.text;
  if (node.type === 'choice') return expand(telling.random.pick(node.options), telling);
  if (node.type === 'slot') return slotText(node, telling.facts);
  const line = pickLine(node.pool, telling);
  return expand(line, { ...telling, facts: withWho(node.who, telling.facts) });
}

// A line of the pool that this story has not told yet, as long as there is one.
/** @param {string} name @param {Telling} telling @returns {Node[]} */
function pickLine(name, { pools, random, used }) {
  const pool = pools.get(name);
  if (!pool) throw new Error(`no phrase pool named "${name}"`);
  const fresh = pool.filter((line) => !used.has(line));
  const line = random.pick(fresh.length > 0 ? fresh : pool);
  used.add(line);
  return line;
}

/** @param {{ name: string, field: string, capital: boolean }} slot @param {Facts} facts */
function slotText(slot, facts) {
  const value = facts.get(slot.name)?.[slot.field];
  if (value === undefined) throw new Error(`no fact for {${slot.name}.${slot.field}}`);
  return slot.capital ? value.charAt(0).toUpperCase() + value.slice(1) : value;
}

/** @param {string} who @param {Facts} facts @returns {Facts} */
function withWho(who, facts) {
  if (who === '') return facts;
  const fact = facts.get(who);
  if (!fact) throw new Error(`no fact named "${who}" to tell about`);
  return new Map(facts).set('who', fact);
}
