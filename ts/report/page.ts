// A page as data: sections of text, tables and plots. HTML and Markdown are both made of this.

// Whose number it is: this machine's clock and files, the emulated laptop's, or the cycle model's.
export type Origin = 'host' | 'emulated' | 'modelled';

// One column of a table.
export interface Column {
  head: string;
  /** Every column of numbers has one. */
  origin?: Origin;
}

// Rows of which there is one at least: no table is a head alone.
export type Rows<Row> = readonly [Row, ...Row[]];

// A table.
export interface Table {
  kind: 'table';
  columns: readonly Column[];
  rows: Rows<readonly string[]>;
}

// A plot; the page has no script, so the drawing is all there is.
export interface PlotBlock {
  kind: 'plot';
  title: string;
  /** Makes the SVG for a width in pixels. */
  draw: (width: number) => string;
  /** What the colours mean, in the order of the palette. */
  legend: readonly string[];
  /** What the horizontal axis shows. */
  axis: string;
}

// A paragraph.
export interface Paragraph {
  kind: 'text';
  text: string;
}

// A line that must not be overlooked.
export interface Alarm {
  kind: 'alarm';
  text: string;
}

// Any part of a section.
export type Block = Table | PlotBlock | Paragraph | Alarm;

// A section with its title.
export interface Section {
  title: string;
  blocks: readonly Block[];
}

// The whole page.
export interface Page {
  title: string;
  sections: readonly Section[];
}

// A paragraph.
export function text(words: string): Paragraph {
  return { kind: 'text', text: words };
}

// Whether there is any row.
export function areRows<Row>(rows: readonly Row[]): rows is Rows<Row> {
  return rows.length > 0;
}

// A section about rows; where there are none, it says so and has neither explanation nor table.
export function sectionOf<Row>(
  title: string,
  rows: readonly Row[],
  none: string,
  blocksOf: (rows: Rows<Row>) => readonly Block[],
): Section {
  return { title, blocks: areRows(rows) ? blocksOf(rows) : [text(none)] };
}

// A table whose columns know the cell of a row.
export function tableOf<Row>(
  columns: readonly (Column & { cell: (row: Row) => string })[],
  [first, ...others]: Rows<Row>,
): Table {
  const heads = columns.map(({ head, origin }) => ({ head, ...(origin && { origin }) }));
  const cellsOf = (row: Row) => columns.map((c) => c.cell(row));
  return { kind: 'table', columns: heads, rows: [cellsOf(first), ...others.map(cellsOf)] };
}

// The head of a column with whose numbers it holds.
export function headText({ head, origin }: Column): string {
  return origin === undefined ? head : `${head} (${origin})`;
}
