// Numbers in a text: found by the words around them, put right, and told where they cannot be.
import { describe, expect, it } from 'vitest';
import { type Claim, partsOf, renewed, untrue } from '../../ts/numbers/document.ts';
import { formats } from '../../ts/numbers/formats.ts';
import type { Values } from '../../ts/numbers/measurement.ts';

const known = new Map<string, Values>([
  ['emu', { peak: 2_609_152, plan: 2_606_080, work: 490_965, sum: `90dc${'1'.repeat(60)}` }],
  ['facts', { lines: 'stories     3\nwords      12' }],
]);

function renew(text: string, ...words: string[]) {
  const places = words.map((each) => ({ document: 'A.md', words: each }));
  return renewed(text, places, known);
}

describe('renewed', () => {
  it('when a number is another, then it alone changes, and where it stood is told', () => {
    const text = 'first\n\nmemory   peak 2,547 kB, plan\n2,545 kB (emulated)\n';
    const now = renew(text, 'peak {emu.peak:kB}, plan {emu.plan:kB} (emulated)');
    expect(now.text).toBe('first\n\nmemory   peak 2,548 kB, plan\n2,545 kB (emulated)\n');
    expect(now.changed).toEqual([
      { document: 'A.md', what: 'line 3 says 2,547 kB, measured is 2,548 kB (peak of emu)' },
    ]);
    expect(now.lost).toEqual([]);
  });

  it('when all is right, then nothing changes', () => {
    const text = '| per token | 490,965 | 90dc11111111... |';
    const now = renew(text, '| {emu.work:whole} | {emu.sum:hash}...');
    expect(now).toEqual({ text, changed: [], lost: [] });
  });

  it('when a number grows longer, then those after it are right too', () => {
    const now = renew('a 1 b 2 c 3.', 'a {emu.work:whole} b {emu.work:M} c {emu.work:plain}.');
    expect(now.text).toBe('a 490,965 b 0.5 c 490965.');
  });

  it('when the words are gone, or stand there twice, then that is said, and nothing changes', () => {
    for (const [text, what] of [
      ['peak of 1 kB', 'are not there'],
      ['peak 1 kB, peak 2 kB', 'stand there 2 times'],
    ] as const) {
      const now = renew(text, 'peak {emu.peak:kB}');
      expect(now.text).toBe(text);
      expect(now.lost).toHaveLength(1);
      expect(now.lost[0]?.what).toContain(`the words "peak …" ${what}`);
      expect(now.lost[0]?.what).toContain('ts/numbers/places.ts');
    }
  });

  it('when there is no measurement, then that is said', () => {
    expect(renew('a 1.', 'a {emu.speed:whole}.').lost[0]?.what).toBe(
      'speed of emu was never measured',
    );
  });

  it('when an example holds lines of output, then all of them are replaced', () => {
    const before = 'prints these:\n\n    stories     2\n    old line\n\nMore.\n';
    const now = renew(before, 'prints these: {facts.lines:lines}');
    expect(now.text).toBe('prints these:\n\n    stories     3\n    words      12\n\nMore.\n');
    expect(renew(now.text, 'prints these: {facts.lines:lines}').changed).toEqual([]);
  });

  it('when words hold signs of patterns and of Markdown, then they are words', () => {
    const now = renew('**1** (a | b)?', '**{emu.work:whole}** (a | b)?');
    expect(now.text).toBe('**490,965** (a | b)?');
  });
});

describe('untrue', () => {
  const claim: Claim = { document: 'A.md', words: 'a third', of: 'emu.work', from: 1, to: 2 };
  const more = new Map([['emu', { work: 1.5 }]]);

  it('when the value lies where it should, then the words are true', () => {
    expect(untrue('It takes a\nthird.', [claim], more)).toEqual([]);
  });

  it('when it does not, or the words are gone, then it says so', () => {
    const [wrong] = untrue('It takes a third.', [claim], known);
    expect(wrong?.what).toBe('"a third" is no longer true: emu.work is 490965');
    expect(untrue('It takes a half.', [claim], more)[0]?.what).toContain('are not there');
    expect(untrue('It takes a third.', [claim], new Map())[0]?.what).toContain('is undefined');
  });
});

describe('partsOf', () => {
  it('when words have holes, then texts stand around them', () => {
    expect(partsOf('a {m-1.v.w:kB} b')).toEqual({
      texts: ['a ', ' b'],
      holes: [{ measurement: 'm-1', value: 'v.w', format: 'kB' }],
    });
  });
});

describe('formats', () => {
  it.each([
    ['whole', 490_964.6, '490,965'],
    ['three', 1.50158, '1.502'],
    ['M', 215_080_000, '215.1'],
    ['M0', 1_438_400_000, '1,438'],
    ['M2', 4_540_000, '4.54'],
    ['kB', 1025, '2 kB'],
    ['hash', 'ab'.repeat(32), 'abababababab'],
    ['list', '258 100 97', '258 100 97'],
    ['words', '1 min 05 s', '1 min 05 s'],
  ])('when a value is written as %s, then its own pattern finds it', (name, value, text) => {
    const format = formats[name];
    expect(format?.text(value)).toBe(text);
    expect(text).toMatch(new RegExp(`^${format?.pattern}$`));
  });
});
