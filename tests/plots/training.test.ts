import { describe, expect, it } from 'vitest';
import { textWidth } from '../../ts/plots/labels.ts';
import { smoothedBy, thinned, trainingSvg } from '../../ts/plots/training.ts';
import type { TrainingLog } from '../../ts/program/training_log.ts';

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

function logOf(name: string, count: number, more: Partial<TrainingLog> = {}): TrainingLog {
  const steps = numbers(count).map((step) => ({
    ...{ step, loss: 4 - step / count, bits_per_byte: 5 - step / count, lr: 0.001 },
    ...{ embedding_lr: 0.006, gradient_norm: 0.8, flipped: 0.01, zeros: 0.4, clipped: 0 },
  }));
  const heldOut = [{ step: count, loss: 3, bits_per_byte: 4, top1: 0.4, top3: 0.6, top5: 0.7 }];
  return { name, steps, heldOut, ...more };
}

const panelsOf = (svg: string) => svg.match(/<svg /g)?.length ?? 0;

describe('trainingSvg', () => {
  it('when a log says all, then every panel has a title with its unit', () => {
    const svg = trainingSvg([logOf('a.log', 50)]);
    for (const title of [
      ...['Loss, nats per token', 'Bits per byte of text', 'Learning rate', 'Norm of the gradient'],
      ...[
        'Weights that changed their value',
        'Weights that are zero',
        'Activations clipped at ±127',
      ],
      ...['Accuracy on held-out tokens', 'step →', '40 %'],
    ]) {
      expect(svg).toContain(title);
    }
    expect(panelsOf(svg)).toBe(1 + 8);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('when there are several logs, then each has its name and its colour', () => {
    const svg = trainingSvg([logOf('muon.log', 30), logOf('a<b&c.log', 20)]);
    expect(svg).toContain('>muon.log</text>');
    expect(svg).toContain('>a&lt;b&amp;c.log</text>');
    expect(svg).toContain('stroke="#2f7fd1"');
    expect(svg).toContain('stroke="#d9730d"');
  });

  it('when names are long, then they take more rows, and the picture is higher', () => {
    const height = (names: string[]) =>
      Number(/ height="(\d+)"/.exec(trainingSvg(names.map((name) => logOf(name, 9))))?.[1]);
    const long = numbers(4).map((i) => `${'run'.repeat(20)}${i}.log`);
    expect(height(long)).toBeGreaterThan(height(['a', 'b', 'c', 'd']));
  });

  it('when a name is longer than the picture is wide, then its end is shown', () => {
    const svg = trainingSvg([logOf(`/home/${'folder/'.repeat(40)}my.log`, 9)]);
    const [, name = ''] = /(…[^<]*my\.log)<\/text>/.exec(svg) ?? [];
    expect(textWidth(name)).toBeGreaterThan(600);
    expect(textWidth(name)).toBeLessThan(920 - 50);
  });

  it('when a screen is narrower than the picture, then the picture fits it', () => {
    expect(trainingSvg([logOf('a.log', 9)])).toMatch(/<svg [^>]*max-width: 100%; height: auto/);
  });

  it('when a log says only losses, then only their panel is there', () => {
    const steps = [{ step: 1, loss: 4 }];
    const svg = trainingSvg([logOf('old.log', 1, { steps, heldOut: [] })]);
    expect(panelsOf(svg)).toBe(1 + 1);
    expect(svg).toContain('width="460"');
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('when the viewer is dark, then ground and text are', () => {
    const svg = trainingSvg([logOf('a.log', 9)]);
    expect(svg).toMatch(/prefers-color-scheme: dark/);
    expect(svg).not.toMatch(/stroke="black"|fill="black"/);
  });

  it('when a log is long, then the picture stays small', () => {
    expect(trainingSvg([logOf('a.log', 200_000)]).length).toBeLessThan(200_000);
  });
});

describe('points', () => {
  const points = numbers(10_000).map((step) => ({ step, value: step % 2 }));

  it('when there are many, then they are thinned, and their range is kept', () => {
    const thin = thinned(points);
    expect(thin.length).toBeLessThanOrEqual(480);
    expect(new Set(thin.map(({ value }) => value))).toEqual(new Set([0, 1]));
    expect(thin.every(({ step }, i) => step > (thin[i - 1]?.step ?? 0))).toBe(true);
    expect(thinned(points.slice(0, 100))).toEqual(points.slice(0, 100));
  });

  it('when they are smoothed, then each is the mean of its neighbours, to the last', () => {
    const smooth = smoothedBy(points, 40);
    expect(smooth.at(-1)?.step).toBe(10_000);
    for (const { value } of smooth) expect(value).toBeCloseTo(0.5, 2);
    const few = points.slice(0, 5);
    expect(smoothedBy(few, 40)).toEqual(few);
  });
});
