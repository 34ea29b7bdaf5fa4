// report.md: the tables of the page, for reading without a browser.
import { markdownTable } from '../support/markdown.ts';
import { type Block, headText, type Page } from './page.ts';

// The whole text; plots are left out, since the tables have their numbers.
export function markdownPage({ title, sections }: Page): string {
  const parts = sections.flatMap((section) => [
    `## ${section.title}`,
    ...section.blocks.flatMap(blockText),
  ]);
  return `${[`# ${title}`, ...parts].join('\n\n')}\n`;
}

function blockText(block: Block): string[] {
  switch (block.kind) {
    case 'text':
      return [block.text];
    case 'alarm':
      return [`**${block.text}**`];
    case 'table':
      return [markdownTable(block.columns.map(headText), block.rows)];
    case 'plot':
      return [];
  }
}
