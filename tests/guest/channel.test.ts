import { describe, expect, it } from 'vitest';
import { type Frame, FrameReader } from '../../ts/guest/channel.ts';

function read(text: string, token = 'abc'): Frame[] {
  const frames: Frame[] = [];
  let clock = 0;
  const reader = new FrameReader(
    token,
    () => ++clock,
    (frame) => frames.push(frame),
  );
  for (const byte of Buffer.from(text, 'latin1')) reader.push(byte);
  return frames;
}

describe('FrameReader', () => {
  it('when frames follow each other, then each comes whole, with its instructions', () => {
    const frames = read('@abc start 0 0\n@abc out 0 4\na\n@b@abc done 0 0\n');
    expect(frames.map(({ kind, bytes }) => [kind, Buffer.from(bytes).toString()])).toEqual([
      ['start', ''],
      ['out', 'a\n@b'],
      ['done', ''],
    ]);
    expect(frames.map(({ instructions }) => instructions)).toEqual([1, 2, 3]);
  });

  it('when the last frame is not whole, then it does not come', () => {
    expect(read('@abc out 0 4\nabc')).toEqual([]);
  });

  it.each([
    ['a wrong token', '@abd out 0 1\nx'],
    ['an unknown kind', '@abc shout 0 1\nx'],
    ['a missing number', '@abc out 0\nx'],
    ['a negative length', '@abc out 0 -1\nx'],
    ['a huge length', '@abc out 0 99999999\nx'],
    ['text between frames', 'hello\n'],
    ['an endless head', 'x'.repeat(200)],
  ])('when there is %s, then it fails', (_what, text) => {
    expect(() => read(text)).toThrow('data that is not a frame');
  });
});
