import { beforeEach, describe, expect, it } from 'vitest';
import { LiveRuns } from '../../ts/runs/live.ts';
import { createProgress } from '../../ts/support/progress.ts';

const one = { key: 'row-1', name: 'row-muon-seed1', tokensPerStep: 8 };
const other = { key: 'twn-1', name: 'twn-muon-seed1', tokensPerStep: 8 };
let written: string[];

function step(number: number, seconds = number / 10) {
  const loss = '2.5000';
  return { event: 'step' as const, step: number, steps: 40, loss, tokens: number * 8, seconds };
}

function live(isTTY: boolean): LiveRuns {
  const stream = { isTTY, columns: 200, write: (text: string) => void written.push(text) };
  let clock = 0;
  return new LiveRuns(
    createProgress(stream, () => (clock += 1000)),
    14,
    3,
  );
}

beforeEach(() => {
  written = [];
});

describe('LiveRuns', () => {
  it('when two run on a terminal, then one line has both, with speed and time left', () => {
    const runs = live(true);
    runs.step(one, step(10));
    runs.step(other, step(20, 0));
    expect(written.at(-1)).toContain(
      '3 of 14 done | row-muon-seed1 10/40, loss 2.5000, 80 tokens/s, 3.0 s left' +
        ' | twn-muon-seed1 20/40, loss 2.5000',
    );
  });

  it('when one ends, then its line stays, is counted, and the other is still shown', () => {
    const runs = live(true);
    runs.step(one, step(10));
    runs.step(other, step(20));
    runs.finished(one, 'held-out loss 1.6180');
    expect(written).toContain('row-muon-seed1: held-out loss 1.6180 (4 of 14 done)\n');
    expect(written.at(-1)).toContain('4 of 14 done | twn-muon-seed1');
    expect(written.at(-1)).not.toContain('row');
  });

  it('when one fails, then it is not counted', () => {
    const runs = live(true);
    runs.failed(one, 'disk full');
    expect(written.at(-1)).toBe('row-muon-seed1 FAILED: disk full (3 of 14 done)\n');
  });

  it('when they run in a pipe, then a whole run has a line a quarter', () => {
    const runs = live(false);
    for (let number = 1; number <= 40; number += 1) runs.step(one, step(number));
    expect(written).toHaveLength(5);
  });
});
