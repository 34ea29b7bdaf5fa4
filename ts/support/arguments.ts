// Values of options of the command line; commander prints the error of one that is refused.
import { InvalidArgumentError } from 'commander';

// A whole number of at most 32 bits.
export function wholeNumber(text: string): number {
  if (!/^\d{1,10}$/.test(text) || Number(text) >= 2 ** 32) {
    throw new InvalidArgumentError('It must be a whole number.');
  }
  return Number(text);
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

// Names with commas between them, of an option that may be given again; `what` is one of them.
export function namesOf(what: string): (text: string, before?: readonly string[]) => string[] {
  return (text, before = []) => {
    const added = text.split(',').filter(Boolean);
    if (added.length === 0) throw new InvalidArgumentError(`It must name ${what}.`);
    return [...before, ...added];
  };
}
