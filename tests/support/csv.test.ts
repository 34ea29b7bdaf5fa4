import { expect, test } from 'vitest';
import { csvOf, parseCsv } from '../../ts/support/csv.ts';

test('rows as CSV, with every name that a row has', () => {
  const text = csvOf([
    { a: 1, b: 'x, "y"' },
    { c: null, a: undefined },
  ]);
  expect(text).toBe('a,b,c\n1,"x, ""y""",\n,,\n');
});

test('CSV is read as it was written', () => {
  const rows = [
    { name: 'one', words: 'a, b', quoted: 'say "c"', lines: 'd\ne', empty: '' },
    { name: '2', words: '', quoted: '""', lines: ',', empty: '' },
  ];
  expect(parseCsv(csvOf(rows))).toEqual(rows);
  expect(parseCsv('')).toEqual([]);
  expect(parseCsv('a,b\n1')).toEqual([{ a: '1', b: '' }]);
});
