// Values of options of the command line; commander prints the error of one that is refused.
import { InvalidArgumentError } from 'commander';

// A whole number of at most 32 bits.
export function wholeNumber(text: string): number {
  if (!/^\d{1,10}$/.test(text) || Number(text) >= 2 ** 32) {
    throw new InvalidArgumentError('It must be a whole number.');
  }
  return Number(text);
}

// A whole number in a range, as a parser of an option.
export function numberIn([low, high]: readonly [number, number]): (text: string) => number {
  return (text) => {
    if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
    const number = Number(text);
    if (number < low) throw new InvalidArgumentError(`It must be at least ${low}.`);
    if (number > high) throw new InvalidArgumentError(`It must be at most ${high}.`);
    return number;
  };
}

// Whole numbers of a range with commas between them, as a parser of an option.
export function wholeNumbers(range: readonly [number, number]): (text: string) => number[] {
  const each = numberIn(range);
  return (text) => text.split(',').map(each);
}

// A count of 1 to 999,999,999.
export function smallCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Give a whole number.');
  return Number(text);
}

// A count of at least one.
export function parseCount(text: string): number {
  const count = wholeNumber(text);
  if (count === 0) throw new InvalidArgumentError('It must be at least 1.');
  return count;
}

// A decimal number, handed on as it was written.
export function decimal(text: string): string {
  if (!/^\d*\.?\d+$/.test(text)) throw new InvalidArgumentError('It must be a number.');
  return text;
}

const RATE_DIGITS = 7;

// A parser of a decimal number from 0 to `most` as the program takes it, handed on as it was written.
export function decimalUpTo(most: number): (text: string) => string {
  return (text) => {
    const digits = /^(\d+\.?\d*|\.\d+)(e[+-]?\d{1,2})?$/i.exec(text)?.[1]?.replace('.', '');
    const few = digits !== undefined && digits.replace(/^0+/, '').length <= RATE_DIGITS;
    if (few && Number(text) <= most) return text;
    throw new InvalidArgumentError(
      `It must be a number from 0 to ${most}, of at most ${RATE_DIGITS} digits.`,
    );
  };
}

// A learning rate.
export const rate = decimalUpTo(1000);

// Names with commas between them, of an option that may be given again; `what` is one of them.
export function namesOf(what: string): (text: string, before?: readonly string[]) => string[] {
  return (text, before = []) => {
    const added = text.split(',').filter(Boolean);
    if (added.length === 0) throw new InvalidArgumentError(`It must name ${what}.`);
    return [...before, ...added];
  };
}
