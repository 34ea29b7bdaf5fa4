// index.html: one file with its drawings and its looks in it; no script, nothing from elsewhere.
import type { Block, Column, Page, PlotBlock, Section, Table } from './page.ts';
import { colour } from './plots.ts';
import { STYLE } from './style.ts';
import { isLong, isOneLine, widthClass, widthOf, widthStyle } from './widths.ts';

// A drawing for each width of a screen, in pixels; the style shows one of them.
const DRAWINGS = { broad: 820, narrow: 350 } as const;

// The whole page.
export function htmlPage({ title, sections }: Page): string {
  const links = sections.map(
    (section, index) => `<a href="#part-${index}">${escaped(section.title)}</a>`,
  );
  const bodies = sections.map(
    (section, index) =>
      `<section id="part-${index}">\n<h2>${escaped(section.title)}</h2>\n` +
      `${section.blocks.map((block) => blockHtml(block, section)).join('\n')}\n</section>`,
  );
  const widths = sections.flatMap(({ blocks }) =>
    blocks.flatMap((block) => (block.kind === 'table' ? [widthOf(block)] : [])),
  );
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${escaped(title)}</title>`,
    `<style>\n${STYLE}${widthStyle(widths)}</style>`,
    '</head>',
    '<body>',
    `<h1>${escaped(title)}</h1>`,
    `<nav>${links.join(' ')}</nav>`,
    ...bodies,
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function blockHtml(block: Block, { title }: Section): string {
  switch (block.kind) {
    case 'text':
      return `<p>${escaped(block.text)}</p>`;
    case 'alarm':
      return `<p class="alarm" role="alert">${escaped(block.text)}</p>`;
    case 'table':
      return tableHtml(block, title);
    case 'plot':
      return plotHtml(block);
  }
}

function tableHtml(table: Table, title: string): string {
  const { columns, rows } = table;
  const heads = columns.map((column) => `<th${numberClass(column)}>${headHtml(column)}</th>`);
  const classes = columns.map((column, at) =>
    isOneLine(table, at) && column.origin === undefined ? ' class="line"' : numberClass(column),
  );
  const cellOf = (cell: string, at: number) => `<td${classes[at]}>${cellHtml(cell)}</td>`;
  const row = (cells: readonly string[]) => `<tr>${cells.map(cellOf).join('')}</tr>`;
  return [
    `<div class="sized ${widthClass(widthOf(table))}">`,
    '<p class="scrolls">This table scrolls sideways →</p>',
    `<div class="wide" role="group" tabindex="0" aria-label="${escaped(title)}: table"><table>`,
    `<thead><tr>${heads.join('')}</tr></thead>`,
    `<tbody>\n${rows.map(row).join('\n')}\n</tbody>`,
    '</table></div></div>',
  ].join('\n');
}

// A flag is not cut at its hyphens, a hash anywhere.
function cellHtml(cell: string): string {
  const words = cell.split(' ').map((word) => {
    if (isLong(word)) return `<span class="long">${escaped(word)}</span>`;
    return word.startsWith('-') ? `<span class="flag">${escaped(word)}</span>` : escaped(word);
  });
  return words.join(' ');
}

function headHtml({ head, origin }: Column): string {
  const whose = origin === undefined ? '' : ` <span class="${origin}">(${origin})</span>`;
  return escaped(head) + whose;
}

function numberClass(column: Column | undefined): string {
  return column?.origin === undefined ? '' : ' class="number"';
}

function plotHtml({ title, draw, legend, axis }: PlotBlock): string {
  const key = legend.map(
    (name, index) => `<span><i style="background:${colour(index)}"></i>${escaped(name)}</span>`,
  );
  return [
    '<figure>',
    `<figcaption>${escaped(title)}</figcaption>`,
    `<div class="legend">${key.join(' ')}</div>`,
    ...Object.entries(DRAWINGS).map(([name, width]) => `<div class="${name}">${draw(width)}</div>`),
    `<p class="axis">→ ${escaped(axis)}</p>`,
    '</figure>',
  ].join('\n');
}

// Text as HTML takes it.
export function escaped(words: string): string {
  return words
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
