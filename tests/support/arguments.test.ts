import { describe, expect, it } from 'vitest';
import {
  decimal,
  decimalUpTo,
  namesOf,
  parseCount,
  smallCount,
  wholeNumber,
} from '../../ts/support/arguments.ts';

describe('numbers', () => {
  it('when a count is 0, then it is refused', () => {
    expect(parseCount('3')).toBe(3);
    expect(() => parseCount('0')).toThrow('at least 1');
  });

  it('when a number has 32 bits, then it is taken, and no more', () => {
    expect(wholeNumber('4294967295')).toBe(2 ** 32 - 1);
    for (const text of ['4294967296', '-1', '1.5', '']) {
      expect(() => wholeNumber(text)).toThrow('whole number');
    }
  });

  it('when a count is small, then it has at most nine digits', () => {
    expect(smallCount('999999999')).toBe(999_999_999);
    for (const text of ['0', '1000000000', 'x']) expect(() => smallCount(text)).toThrow('whole');
  });

  it('when a number is decimal, then it stays as it was written', () => {
    expect(decimal('.50')).toBe('.50');
    for (const text of ['1.', '-1', '1e3']) expect(() => decimal(text)).toThrow('a number');
  });

  it('when a number is a share, then it is at most 1, of at most seven digits', () => {
    const share = decimalUpTo(1);
    for (const text of ['0', '1', '.5', '5e-1', '0.1234567']) expect(share(text)).toBe(text);
    for (const text of ['5', '1.1', '-1', 'x', '0.12345678']) {
      expect(() => share(text)).toThrow('from 0 to 1, of at most 7 digits');
    }
  });
});

describe('names', () => {
  it('when an option is given again, then its names are added', () => {
    const parse = namesOf('a row');
    expect(parse('c', parse('a,,b'))).toEqual(['a', 'b', 'c']);
    expect(() => parse(',')).toThrow('It must name a row.');
  });
});
