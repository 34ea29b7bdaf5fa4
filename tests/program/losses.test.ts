import { describe, expect, it } from 'vitest';
import { lastTenth, logText, parseLog, smoothed } from '../../ts/program/losses.ts';

const points = Array.from({ length: 20 }, (_, index) => ({ step: index + 1, loss: index + 1 }));

describe('parseLog', () => {
  it('when losses are numbers and evaluations stand between them, then the losses are read', () => {
    const lines = ['{"step":1,"tokens":512,"loss":4.1573,"lr":0.000100}', '{"step":2,"loss":4}'];
    const text = [lines[0], '{"step":1,"held_out":{"loss":2.1}}', lines[1], ''].join('\n');
    expect(parseLog(text)).toEqual([
      { step: 1, loss: 4.1573 },
      { step: 2, loss: 4 },
    ]);
  });

  it('when a log is written and read, then it is the same, and other lines are passed over', () => {
    const text = '{"step":1,"loss":"4.1388","sum":3,"tokens":8}\n\n{"step":2,"loss":"4';
    expect(parseLog(text)).toEqual([{ step: 1, loss: 4.1388 }]);
    expect(parseLog(logText(points))).toEqual(points);
  });
});

describe('smoothed', () => {
  it('when there are more points than wanted, then each is a mean at its last step', () => {
    expect(smoothed(points, 5)).toEqual([
      ...[
        { step: 4, loss: 2.5 },
        { step: 8, loss: 6.5 },
        { step: 12, loss: 10.5 },
      ],
      ...[
        { step: 16, loss: 14.5 },
        { step: 20, loss: 18.5 },
      ],
    ]);
  });

  it('when there are fewer, or none, then they stay as they are', () => {
    expect(smoothed(points, 20)).toEqual(points);
    expect(smoothed([])).toEqual([]);
  });
});

describe('lastTenth', () => {
  it('when the log is whole, then it is the mean of the last tenth', () => {
    expect(lastTenth(points, 20)).toBe(19.5);
    expect(lastTenth(points.slice(0, 3), 3)).toBe(3);
  });

  it('when the log ends before, then there is none', () => {
    expect(lastTenth(points.slice(0, 10), 20)).toBeUndefined();
  });
});
