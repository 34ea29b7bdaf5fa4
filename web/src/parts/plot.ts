// Curves over steps by uPlot, in the colours of the theme, redrawn once a frame at most.
import 'uplot/dist/uPlot.min.css';
import uPlot from 'uplot';
import { colour, find, onTheme } from './dom.ts';

type Data = () => uPlot.AlignedData;

export class Plot {
  readonly #place: HTMLElement;
  readonly #data: Data;
  readonly #series: () => uPlot.Series[];
  readonly #height: number;
  #plot: uPlot;
  #due = false;

  // series: those after the steps, made anew in each theme.
  constructor(place: string, height: number, series: () => uPlot.Series[], data: Data) {
    this.#place = find(place, HTMLElement);
    this.#height = height;
    this.#series = series;
    this.#data = data;
    this.#plot = this.#make();
    onTheme(() => {
      this.#plot.destroy();
      this.#plot = this.#make();
    });
    new ResizeObserver(() => {
      this.#plot.setSize({ width: this.#width(), height });
    }).observe(this.#place);
  }

  draw(): void {
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => {
      this.#due = false;
      this.#plot.setData(this.#data());
    });
  }

  #width(): number {
    return Math.max(200, this.#place.clientWidth);
  }

  #make(): uPlot {
    const axis = { stroke: colour('faint'), grid: { stroke: colour('line'), width: 1 } };
    const options: uPlot.Options = {
      width: this.#width(),
      height: this.#height,
      scales: { x: { time: false } },
      axes: [axis, axis],
      cursor: { show: false },
      legend: { show: false },
      series: [{}, ...this.#series()],
    };
    return new uPlot(options, this.#data(), this.#place);
  }
}
