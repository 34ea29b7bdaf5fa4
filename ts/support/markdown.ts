// Pieces of Markdown.

type Cells = readonly string[];

// A table; the cells are text, so a bar in them is no border.
export function markdownTable(heads: Cells, rows: readonly Cells[]): string {
  const lines = [heads, heads.map(() => '---'), ...rows].map(line);
  return lines.join('\n');
}

function line(cells: Cells): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
