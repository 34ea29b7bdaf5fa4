// index.html: one file with its drawings and its looks in it; no script, nothing from elsewhere.
import type { Block, Column, Page, PlotBlock, Table } from './page.ts';
import { colour } from './plots.ts';
import { STYLE } from './style.ts';

// The whole page.
export function htmlPage({ title, sections }: Page): string {
  const links = sections.map(
    (section, index) => `<a href="#part-${index}">${escaped(section.title)}</a>`,
  );
  const bodies = sections.map(
    (section, index) =>
      `<section id="part-${index}">\n<h2>${escaped(section.title)}</h2>\n` +
      `${section.blocks.map(blockHtml).join('\n')}\n</section>`,
  );
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${escaped(title)}</title>`,
    `<style>\n${STYLE}</style>`,
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

function blockHtml(block: Block): string {
  switch (block.kind) {
    case 'text':
      return `<p>${escaped(block.text)}</p>`;
    case 'alarm':
      return `<p class="alarm" role="alert">${escaped(block.text)}</p>`;
    case 'table':
      return tableHtml(block);
    case 'plot':
      return plotHtml(block);
  }
}

function tableHtml({ columns, rows }: Table): string {
  const heads = columns.map((column) => `<th${numberClass(column)}>${headHtml(column)}</th>`);
  const cellOf = (cell: string, at: number) =>
    `<td${numberClass(columns[at])}>${cellHtml(cell)}</td>`;
  const row = (cells: readonly string[]) => `<tr>${cells.map(cellOf).join('')}</tr>`;
  return [
    '<div class="wide"><table>',
    `<thead><tr>${heads.join('')}</tr></thead>`,
    `<tbody>\n${rows.map(row).join('\n')}\n</tbody>`,
    '</table></div>',
  ].join('\n');
}

// A flag is not cut at its hyphens.
function cellHtml(cell: string): string {
  return escaped(cell).replaceAll(/(?<=^| )-\S+/g, '<span class="flag">$&</span>');
}

function headHtml({ head, origin }: Column): string {
  const whose = origin === undefined ? '' : ` <span class="${origin}">(${origin})</span>`;
  return escaped(head) + whose;
}

function numberClass(column: Column | undefined): string {
  return column?.origin === undefined ? '' : ' class="number"';
}

function plotHtml({ title, svg, legend }: PlotBlock): string {
  const key = legend.map(
    (name, index) => `<span><i style="background:${colour(index)}"></i>${escaped(name)}</span>`,
  );
  return [
    '<figure>',
    `<figcaption>${escaped(title)}</figcaption>`,
    `<div class="legend">${key.join(' ')}</div>`,
    `<div class="wide">${svg}</div>`,
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
