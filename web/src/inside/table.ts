// A row of a table, its first cell the heading.
export function tableRow(cells: readonly string[]): HTMLTableRowElement {
  const row = document.createElement('tr');
  cells.forEach((words, i) => {
    const cell = document.createElement(i === 0 ? 'th' : 'td');
    if (cell instanceof HTMLTableCellElement && i === 0) cell.scope = 'row';
    cell.textContent = words;
    row.append(cell);
  });
  return row;
}
