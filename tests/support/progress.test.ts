import { describe, expect, test } from 'vitest';
import { createProgress, formatBytes, formatSeconds } from '../../ts/support/progress.ts';

function fakeStream(isTTY: boolean, columns = 20) {
  const written: string[] = [];
  return { stream: { isTTY, columns, write: (text: string) => written.push(text) }, written };
}

describe('on a terminal', () => {
  test('the line is redrawn in place, cut to the width and removed before a line that stays', () => {
    const { stream, written } = fakeStream(true, 10);
    let clock = 0;
    const progress = createProgress(stream, () => clock);
    progress.update('0123456789abc');
    clock += 1000;
    progress.update('second');
    progress.line('done');
    expect(written).toEqual(['\r\u001b[2K012345678', '\r\u001b[2Ksecond', '\r\u001b[2K', 'done\n']);
  });

  test('updates that follow too fast are not drawn', () => {
    const { stream, written } = fakeStream(true);
    const progress = createProgress(stream, () => 0);
    progress.update('a');
    progress.update('b');
    expect(written).toHaveLength(1);
  });
});

describe('in a pipe', () => {
  test('an update is a plain line, written once for each key', () => {
    const { stream, written } = fakeStream(false);
    const progress = createProgress(stream);
    progress.update('step 1 of 9', 'steps');
    progress.update('step 2 of 9', 'steps');
    progress.update('linking');
    progress.line('done');
    progress.clear();
    expect(written).toEqual(['step 1 of 9\n', 'linking\n', 'done\n']);
  });
});

test('durations', () => {
  expect([0, 1.26, 9.94, 9.96, 59.4, 59.6, 185].map(formatSeconds)).toEqual([
    ...['0.0 s', '1.3 s', '9.9 s', '10 s', '59 s', '1 min 00 s', '3 min 05 s'],
  ]);
});

test('sizes', () => {
  expect([0, 999, 1000, 43_140, 999_949, 999_950, 1_234_567].map(formatBytes)).toEqual([
    ...['0 B', '999 B', '1.0 kB', '43.1 kB', '999.9 kB', '1.0 MB', '1.2 MB'],
  ]);
});
