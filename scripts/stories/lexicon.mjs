// Reads the word tables (tables/*.txt), the phrase pools (phrases.txt), the plots (plots/*.txt) and the
// chain tales (chains/*.txt), which are plots, too.
// The formats are described in README.md beside this file; every mistake names its file and line.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseTemplate } from './template.mjs';

/**
 * @typedef {import('./template.mjs').Node} Node
 * @typedef {import('./template.mjs').Fact} Fact
 * @typedef {{ name: string, paragraph: boolean, optional: boolean, options: Node[][] }} Beat
 * @typedef {{ role: string, kind: string }} Part
 * @typedef {{ fact: string, table: string }} Pick
 * @typedef {{ name: string, worlds: string[], cast: Part[], picks: Pick[], beats: Beat[] }} Plot
 * @typedef {{ tables: Map<string, Fact[]>, pools: Map<string, Node[][]>, plots: Plot[], chains: Plot[] }} Lexicon
 * @typedef {{ text: string, file: string, number: number }} Line
 */

const here = fileURLToPath(new URL('.', import.meta.url));

// Everything the grammar knows, read once.
/** @returns {Lexicon} */
export function loadLexicon() {
  const tables = new Map();
  for (const file of textFiles('tables')) readTables(file, tables);
  const pools = readPools('phrases.txt');
  const plotsIn = (/** @type {string} */ folder) =>
    textFiles(folder).flatMap((file) => readPlots(file));
  return { tables, pools, plots: plotsIn('plots'), chains: plotsIn('chains') };
}

/** @param {string} folder @returns {string[]} */
function textFiles(folder) {
  const names = readdirSync(`${here}${folder}`).filter((name) => name.endsWith('.txt'));
  return names.sort().map((name) => `${folder}/${name}`);
}

// Lines without comments and empty lines; an indented line continues the one above it.
/** @param {string} file @returns {Line[]} */
function readLines(file) {
  /** @type {Line[]} */
  const lines = [];
  readFileSync(here + file, 'utf8')
    .split('\n')
    .forEach((text, index) => {
      if (text.trim() === '' || text.startsWith('#')) return;
      const last = lines.at(-1);
      if (/^\s/.test(text) && last) last.text += ` ${text.trim()}`;
      else lines.push({ text: text.trim(), file, number: index + 1 });
    });
  return lines;
}

/** @param {Line} line @param {string} problem */
function mistake(line, problem) {
  return new Error(`${line.file}:${line.number}: ${problem}`);
}

/** @param {Line} line @returns {Node[]} */
function parseLine(line) {
  try {
    return parseTemplate(line.text);
  } catch (error) {
    throw mistake(line, error instanceof Error ? error.message : String(error));
  }
}

/** @param {string} file @param {Map<string, Fact[]>} tables */
function readTables(file, tables) {
  /** @type {Fact[]} */
  let rows = [];
  /** @type {string[]} */
  let columns = [];
  for (const line of readLines(file)) {
    const head = /^table (\w+): (.*)$/.exec(line.text);
    if (head) {
      rows = [];
      columns = splitCells(head[2]);
      tables.set(head[1] ?? '', rows);
      continue;
    }
    const cells = splitCells(line.text);
    if (cells.length !== columns.length) throw mistake(line, `expected ${columns.length} cells`);
    rows.push(Object.fromEntries(columns.map((column, i) => [column, cells[i] ?? ''])));
  }
}

/** @param {string} [text] @returns {string[]} */
function splitCells(text = '') {
  return text.split('|').map((cell) => cell.trim());
}

/** @param {string} file @returns {Map<string, Node[][]>} */
function readPools(file) {
  /** @type {Map<string, Node[][]>} */
  const pools = new Map();
  /** @type {Node[][] | undefined} */
  let pool;
  for (const line of readLines(file)) {
    const head = /^-- (\w+)$/.exec(line.text);
    if (head?.[1]) {
      pool = [];
      pools.set(head[1], pool);
    } else if (pool) {
      pool.push(parseLine(line));
    } else {
      throw mistake(line, 'a line before the first "-- name"');
    }
  }
  return pools;
}

/** @param {string} file @returns {Plot[]} */
function readPlots(file) {
  /** @type {Plot[]} */
  const plots = [];
  for (const line of readLines(file)) {
    const plot = plots.at(-1);
    const title = /^plot (.+)$/.exec(line.text);
    if (title?.[1]) {
      plots.push({ name: title[1], worlds: ['people', 'animals'], cast: [], picks: [], beats: [] });
    } else if (!plot) {
      throw mistake(line, 'a line before the first "plot name"');
    } else if (!readHeader(line, plot)) {
      readBeatLine(line, plot);
    }
  }
  return plots;
}

/** @param {Line} line @param {Plot} plot @returns {boolean} whether the line was a header line */
function readHeader(line, plot) {
  const [word, rest = ''] = line.text.split(/:\s*/, 2);
  if (plot.beats.length > 0 || !['world', 'cast', 'pick'].includes(word ?? '')) return false;
  for (const entry of rest.split(/\s+/)) {
    const [left = '', right = ''] = entry.split('=');
    if (word === 'world') plot.worlds = [left];
    else if (word === 'cast') plot.cast.push({ role: left, kind: right || 'peer' });
    else plot.picks.push({ fact: left, table: right });
  }
  return true;
}

/** @param {Line} line @param {Plot} plot */
function readBeatLine(line, plot) {
  const head = /^(==|--) (\w+)( maybe)?$/.exec(line.text);
  if (head) {
    plot.beats.push({
      name: head[2] ?? '',
      paragraph: head[1] === '==',
      optional: head[3] !== undefined,
      options: [],
    });
    return;
  }
  const beat = plot.beats.at(-1);
  if (!beat) throw mistake(line, `not a header and not inside a beat of "${plot.name}"`);
  beat.options.push(parseLine(line));
}
