// A row of a table, its first cell the heading. What a cell has as { code } may break anywhere: a hash,
// a command.
export type Cell = string | { code: string };

export function tableRow([heading = '', ...cells]: readonly [string, ...Cell[]]) {
  const row = document.createElement('tr');
  const first = document.createElement('th');
  first.scope = 'row';
  first.textContent = heading;
  row.append(first, ...cells.map(cellOf));
  return row;
}

function cellOf(cell: Cell): HTMLTableCellElement {
  const element = document.createElement('td');
  if (typeof cell === 'string') {
    element.textContent = cell;
  } else {
    const code = document.createElement('code');
    code.textContent = cell.code;
    element.append(code);
  }
  return element;
}
