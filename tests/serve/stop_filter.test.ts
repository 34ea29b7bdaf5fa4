import { expect, test } from 'vitest';
import { StopFilter } from '../../ts/serve/stop_filter.ts';

// What comes through of these pieces, and whether a stop string ended it.
function passed(stops: string[], pieces: string[]) {
  const filter = new StopFilter(stops);
  let text = '';
  for (const piece of pieces) {
    const next = filter.push(piece);
    text += next.text;
    if (next.stopped) return { text, stopped: true };
  }
  return { text: text + filter.end(), stopped: false };
}

test.each([
  [[], ['a', 'b'], 'ab', false],
  [['.'], ['One', ' day. Th'], 'One day', true],
  [['end'], ['the e', 'n', 'd of'], 'the ', true],
  [['end'], ['the e', 'n', 'e'], 'the ene', false],
  [['aab'], ['aa', 'ab'], 'a', true],
  [['day', 'e d'], ['One', ' day'], 'On', true],
])('%j of %j lets %j through', (stops, pieces, text, stopped) => {
  expect(passed(stops, pieces)).toEqual({ text, stopped });
});

test('what may be the beginning of a stop string waits, and nothing else does', () => {
  const filter = new StopFilter(['\n\n']);
  expect(filter.push('one\n')).toEqual({ text: 'one', stopped: false });
  expect(filter.push('two')).toEqual({ text: '\ntwo', stopped: false });
});
