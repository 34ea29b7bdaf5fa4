// How wide a table has to be so that no word in it is cut. The page says so of every table and has
// no script: where a table's place is narrower than that, the table scrolls in it and says so.
import type { Column, Table } from './page.ts';

// Longer words (hashes, paths) are cut anywhere, and flags later than other words.
const LONG_WORD = 20;
const LONG_FLAG = 32;
// A cell of a text that is longer has several lines.
const LINE = 16;

// In rem: a letter of a cell and of a head, on average of a wide font, and the sides of a cell.
const LETTER = 0.53;
const HEAD_LETTER = 0.62;
const SIDES = 1;

// Whether a word is cut where the line ends.
export function isLong(word: string): boolean {
  return word.length > (word.startsWith('-') ? LONG_FLAG : LONG_WORD);
}

// Whether no cell of this column has a second line.
export function isOneLine({ columns, rows }: Table, at: number): boolean {
  return columns[at]?.origin !== undefined || rows.every((row) => (row[at]?.length ?? 0) <= LINE);
}

// The least width of a table in whole rem.
export function widthOf(table: Table): number {
  const widths = table.columns.map((column, at) => {
    const cells = table.rows.map((row) => row[at] ?? '');
    const inCells = isOneLine(table, at) ? longest(cells) : Math.max(LINE, longestWord(cells));
    return Math.max(inCells * LETTER, longestWord(headWords(column)) * HEAD_LETTER) + SIDES;
  });
  return Math.ceil(widths.reduce((sum, width) => sum + width, 0));
}

function headWords({ head, origin }: Column): string[] {
  return [head, `(${origin ?? ''})`];
}

function longestWord(texts: readonly string[]): number {
  const words = texts.flatMap((each) => each.split(' '));
  return longest(words.map((word) => (isLong(word) ? word.slice(0, LONG_WORD) : word)));
}

function longest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map(({ length }) => length));
}

// The class of a table that is so wide.
export function widthClass(width: number): string {
  return `w${width}`;
}

// The style of tables of these widths.
export function widthStyle(widths: readonly number[]): string {
  const each = [...new Set(widths)].sort((a, b) => a - b);
  return each
    .map((width) => {
      const name = `.${widthClass(width)}`;
      return (
        `${name} table { min-width: ${width}rem; }\n` +
        `@container (width < ${width}rem) { ${name} > .scrolls { display: block; } }\n`
      );
    })
    .join('');
}
