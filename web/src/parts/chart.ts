// The curves of a training: the loss of the steps, and the held-out loss as points.
import { Curve } from './curve.ts';
import { colour } from './dom.ts';
import { Plot } from './plot.ts';

const MOST_POINTS = 1500;
const HEIGHT = 220;

export class LossChart {
  #loss = new Curve(MOST_POINTS);
  #heldOut = new Map<number, number>();
  readonly #plot: Plot;

  constructor(place: string) {
    const series = () => [
      { label: 'loss', stroke: colour('plus'), width: 1.5, spanGaps: true },
      {
        ...{ label: 'held out', stroke: colour('minus'), width: 0, paths: () => null },
        points: { show: true, size: 7, fill: colour('minus') },
      },
    ];
    this.#plot = new Plot(place, HEIGHT, series, () => this.#data());
  }

  clear(): void {
    this.#loss = new Curve(MOST_POINTS);
    this.#heldOut.clear();
    this.#plot.draw();
  }

  addStep(step: number, loss: number): void {
    this.#loss.add(step, loss);
    this.#plot.draw();
  }

  addHeldOut(step: number, loss: number): void {
    this.#heldOut.set(step, loss);
    this.#plot.draw();
  }

  // One row of steps, for both curves.
  #data(): [number[], (number | undefined)[], (number | undefined)[]] {
    const { x, y } = this.#loss;
    const steps = [...new Set([...x, ...this.#heldOut.keys()])].sort((a, b) => a - b);
    const losses = new Map(x.map((step, i) => [step, y[i]]));
    const heldOut = steps.map((step) => this.#heldOut.get(step));
    return [steps, steps.map((step) => losses.get(step)), heldOut];
  }
}
