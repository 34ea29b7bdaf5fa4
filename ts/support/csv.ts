// Rows as CSV (RFC 4180, with newlines as everywhere here).

// What a cell may hold.
export type CsvValue = string | number | null | undefined;

// A head with every name that a row has, then the rows; what a row lacks is empty.
export function csvOf(rows: readonly Readonly<Record<string, CsvValue>>[]): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = [names, ...rows.map((row) => names.map((name) => row[name]))];
  return lines.map((line) => `${line.map(cell).join(',')}\n`).join('');
}

// The rows of such a text by the names of its head.
export function parseCsv(text: string): Record<string, string>[] {
  const [names = [], ...rows] = [...linesOf(text)];
  return rows.map((cells) => Object.fromEntries(names.map((name, at) => [name, cells[at] ?? ''])));
}

const CELL = /(?:"((?:[^"]|"")*)"|([^,\n]*))(,|\n|$)/y;

function* linesOf(text: string): Iterable<string[]> {
  let cells: string[] = [];
  for (let at = 0; at < text.length; ) {
    CELL.lastIndex = at;
    const [whole = '', quoted, plain = '', end] = CELL.exec(text) ?? [];
    cells.push(quoted?.replaceAll('""', '"') ?? plain);
    at += whole.length;
    if (end === ',') continue;
    yield cells;
    cells = [];
    if (whole === '') return; // what follows is no CSV
  }
}

function cell(value: CsvValue): string {
  const text = String(value ?? '');
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
