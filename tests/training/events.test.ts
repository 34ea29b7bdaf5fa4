import { describe, expect, it } from 'vitest';
import { lastEvent, parseEvent } from '../../ts/training/events.ts';

const step = { event: 'step', step: 1, steps: 2, loss: '4.1', tokens: 64, seconds: 0.5 };

describe('parseEvent', () => {
  it('when a line is an event, then it is read whole', () => {
    expect(parseEvent(JSON.stringify(step))).toEqual(step);
  });

  it.each([
    ['plain text', 'step 1'],
    ['broken JSON', '{"event":"step"'],
    ['an unknown event', '{"event":"eval","loss":"1"}'],
    ['a missing field', '{"event":"step","step":1}'],
    ['a loss that is no string', JSON.stringify({ ...step, loss: 4.1 })],
    [
      'a plan without items',
      '{"event":"plan","arena_bytes":1,"process_bytes":1,"total_bytes":2,"ram_bytes":3}',
    ],
  ])('when a line is %s, then it is no event', (_what, line) => {
    expect(parseEvent(line)).toBeUndefined();
  });
});

describe('lastEvent', () => {
  it('when there are several, then it is the last of its kind', () => {
    const output = [step, { ...step, step: 2 }].map((event) => JSON.stringify(event)).join('\n');
    expect(lastEvent(`start\n${output}\n`, 'step')?.step).toBe(2);
    expect(lastEvent(output, 'end')).toBeUndefined();
  });
});
