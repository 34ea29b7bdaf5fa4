// A kernel that panicked is noticed by the page's laptop, whether it trains or is used; words of a person in
// its shell are none.
import { describe, expect, test } from 'vitest';
import { bytesOfText } from '../../ts/support/bytes.ts';
import { PanicWatch } from '../../web/src/laptop/panic.ts';
import type { FromLaptop } from '../../web/src/laptop/protocol.ts';

const WORDS = 'Kernel panic - not syncing: No working init found.';
const onConsole = (words: string): FromLaptop => ({ type: 'console', bytes: bytesOfText(words) });
const start: FromLaptop = {
  type: 'frame',
  frame: { kind: 'start', index: 0, bytes: new Uint8Array(), instructions: 1 },
};

function hearAll(...messages: FromLaptop[]): void {
  const watch = new PanicWatch();
  for (const message of messages) watch.hear(message);
}

describe('a panic is noticed', () => {
  test.each<[string, FromLaptop[]]>([
    ['before the program starts', [{ type: 'kernel', line: `[    0.9] ${WORDS}` }]],
    ['while it runs', [start, { type: 'kernel', line: `[   12.0] ${WORDS}` }]],
    ['at a console', [onConsole(`[    0.9] ${WORDS}\r\n`)]],
    ['at a console that writes a character at a time', [...WORDS].map(onConsole)],
  ])('%s', (_when, messages) => {
    expect(() => hearAll(...messages)).toThrow('the kernel of the laptop panicked');
  });
});

test('neither other words of the kernel nor those in a shell are a panic', () => {
  hearAll({ type: 'kernel', line: 'Linux version 6.1' }, onConsole('Kernel command line'));
  hearAll(onConsole('booting\r\n'), start, onConsole(`# echo ${WORDS}\r\n`));
});
