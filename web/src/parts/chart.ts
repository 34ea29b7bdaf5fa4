// The curves of a training by uPlot: the loss of the steps, and the held-out loss as points.
import 'uplot/dist/uPlot.min.css';
import uPlot from 'uplot';
import { Curve } from './curve.ts';
import { colour, find, onTheme } from './dom.ts';

const MOST_POINTS = 1500;
const HEIGHT = 220;

export class LossChart {
  #loss = new Curve(MOST_POINTS);
  #heldOut = new Map<number, number>();
  #plot: uPlot;
  #due = false;
  readonly #place: HTMLElement;

  constructor(place: string) {
    this.#place = find(place, HTMLElement);
    this.#plot = this.#make();
    onTheme(() => {
      this.#plot.destroy();
      this.#plot = this.#make();
    });
    new ResizeObserver(() => {
      this.#plot.setSize({ width: this.#width(), height: HEIGHT });
    }).observe(this.#place);
  }

  clear(): void {
    this.#loss = new Curve(MOST_POINTS);
    this.#heldOut.clear();
    this.#draw();
  }

  addStep(step: number, loss: number): void {
    this.#loss.add(step, loss);
    this.#draw();
  }

  addHeldOut(step: number, loss: number): void {
    this.#heldOut.set(step, loss);
    this.#draw();
  }

  // Once a frame at most.
  #draw(): void {
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => {
      this.#due = false;
      this.#plot.setData(this.#data());
    });
  }

  #data(): uPlot.AlignedData {
    const steps = [...new Set([...this.#loss.x, ...this.#heldOut.keys()])].sort((a, b) => a - b);
    const losses = new Map(this.#loss.x.map((step, i) => [step, this.#loss.y[i]]));
    return [
      steps,
      steps.map((step) => losses.get(step)),
      steps.map((step) => this.#heldOut.get(step)),
    ];
  }

  #width(): number {
    return Math.max(200, this.#place.clientWidth);
  }

  #make(): uPlot {
    const axis = { stroke: colour('faint'), grid: { stroke: colour('line'), width: 1 } };
    const points = { show: true, size: 7, fill: colour('minus') };
    const options: uPlot.Options = {
      width: this.#width(),
      height: HEIGHT,
      scales: { x: { time: false } },
      axes: [axis, axis],
      cursor: { show: false },
      legend: { show: false },
      series: [
        {},
        { label: 'loss', stroke: colour('plus'), width: 1.5, spanGaps: true },
        { label: 'held out', stroke: colour('minus'), width: 0, paths: () => null, points },
      ],
    };
    return new uPlot(options, this.#data(), this.#place);
  }
}
