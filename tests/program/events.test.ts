import { describe, expect, it } from 'vitest';
import { lastEvent, parseEvent } from '../../ts/program/events.ts';

const step = { event: 'step', step: 1, steps: 2, loss: '4.1', tokens: 64, seconds: 0.5 };

const plan = {
  ...{ event: 'plan', items: [{ name: 'weights', bytes: 2 }] },
  ...{ arena_bytes: 2, process_bytes: 1, total_bytes: 3, ram_bytes: 0 },
};
const details = {
  ...{
    ternary_weights: 1,
    token_values: 4,
    float_parameters: 1,
    row_values: 0,
    weight_state_bytes: 2,
    micro_batch: 4,
    segment: 1,
  },
  ...{ activation_bytes: 10, activation_bytes_without_recompute: 30 },
};

describe('parseEvent', () => {
  it.each([
    ['a step', step],
    ['a plan', plan],
    ['a plan with details', { ...plan, ...details }],
  ])('when a line is %s, then it is read whole', (_what, event) => {
    expect(parseEvent(JSON.stringify(event))).toEqual(event);
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
    ['a plan with a detail that is no number', JSON.stringify({ ...plan, segment: 'all' })],
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
