// Rows as CSV (RFC 4180, with newlines as everywhere here).

// What a cell may hold.
export type CsvValue = string | number | null | undefined;

// A head with every name that a row has, then the rows; what a row lacks is empty.
export function csvOf(rows: readonly Readonly<Record<string, CsvValue>>[]): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = [names, ...rows.map((row) => names.map((name) => row[name]))];
  return lines.map((line) => `${line.map(cell).join(',')}\n`).join('');
}

function cell(value: CsvValue): string {
  const text = String(value ?? '');
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
