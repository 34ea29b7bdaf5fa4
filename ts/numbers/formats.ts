// How numbers are written in documents, and how what is written there is found.
import { kilobytes } from '../support/sizes.ts';

// A way to write a value.
export interface Format {
  text: (value: number | string) => string;
  /** What it looks like: the inside of a regular expression. */
  pattern: string;
}

const NUMBER = String.raw`-?\d[\d,]*(?:\.\d+)?`;

const inUnits = (unit: number, digits: number): Format => ({
  text: (value) =>
    (Number(value) / unit).toLocaleString('en', {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    }),
  pattern: NUMBER,
});

// By the word that stands for it in a place.
export const formats: Readonly<Record<string, Format>> = {
  whole: inUnits(1, 0),
  one: inUnits(1, 1),
  two: inUnits(1, 2),
  three: inUnits(1, 3),
  four: inUnits(1, 4),
  M: inUnits(1e6, 1),
  M2: inUnits(1e6, 2),
  M0: inUnits(1e6, 0),
  kB: { text: (value) => kilobytes(Number(value)), pattern: `${NUMBER} kB` },
  plain: { text: String, pattern: NUMBER },
  hash: { text: (value) => String(value).slice(0, 12), pattern: '[0-9a-f]{12}' },
  words: { text: String, pattern: String.raw`\d[\w. ]*?` },
  // Tokens in a row.
  list: { text: String, pattern: String.raw`\d+(?: \d+)*` },
  // Lines that are indented as an example; the first indentation belongs to the place.
  lines: {
    text: (value) => String(value).replaceAll('\n', '\n    '),
    pattern: String.raw`\S[^\n]*(?:\n {4}[^\n]+)*`,
  },
};
