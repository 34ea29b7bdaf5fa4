import { describe, expect, it } from 'vitest';
import { LiveTraining } from '../../ts/training/live.ts';

const plan = JSON.stringify({
  event: 'plan',
  items: [],
  arena_bytes: 1,
  process_bytes: 1,
  total_bytes: 2048,
  ram_bytes: 4096,
});

function step(number: number, seconds = number): string {
  const event = {
    event: 'step',
    step: number,
    steps: 20,
    loss: '2.5',
    tokens: number * 100,
    seconds,
  };
  return JSON.stringify(event);
}

describe('LiveTraining', () => {
  it('when the plan comes, then it is a line that stays', () => {
    expect(new LiveTraining().read(plan)).toEqual({
      kind: 'line',
      text: 'memory plan 2 kB of at most 4 kB (emulated)',
    });
  });

  it('when steps come, then speed and time left are counted from the first one, labelled', () => {
    let now = 1000;
    const live = new LiveTraining(() => now);
    expect(live.read(step(2, 4))?.text).toBe('step 2/20  loss 2.5  tokens/s 50 emulated');
    now += 5000;
    expect(live.read(step(4, 8))?.text).toBe(
      'step 4/20  loss 2.5  tokens/s 50 emulated, 40 host  left 40 s (host)',
    );
  });

  it('when all steps have come, then a pipe has had ten lines and the last', () => {
    const live = new LiveTraining(() => 0);
    const keys = Array.from({ length: 20 }, (_, n) => live.read(step(n + 1))).map(
      (live) => live?.kind === 'progress' && live.key,
    );
    expect(new Set(keys).size).toBe(11);
  });

  it('when a line is something else, then there is no progress', () => {
    expect(new LiveTraining().read('hello')).toBeUndefined();
  });
});
