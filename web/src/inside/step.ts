// What one step did: the weights that flipped and those that are 0, and the flips of all steps.
import type { Event, Planned } from '../model/protocol.ts';
import { Curve } from '../parts/curve.ts';
import { colour, formatWhole, say } from '../parts/dom.ts';
import { Plot } from '../parts/plot.ts';
import type { Watcher } from '../parts/train.ts';

const MOST_POINTS = 600;
const HEIGHT = 150;

export class StepView implements Watcher {
  #flips = new Curve(MOST_POINTS);
  readonly #plot: Plot;

  constructor() {
    const series = () => [{ label: 'flips', stroke: colour('plus'), width: 1.5 }];
    this.#plot = new Plot('flips', HEIGHT, series, () => [this.#flips.x, this.#flips.y]);
  }

  planned(_planned: Planned): void {
    this.#flips = new Curve(MOST_POINTS);
    this.#plot.draw();
  }

  event(event: Event): void {
    if (event.kind !== 'steps') return;
    for (const { step, flipped, weights } of event.steps) {
      this.#flips.add(step, (1000 * flipped) / weights);
    }
    this.#plot.draw();
    const last = event.steps.at(-1);
    if (!last) return;
    say('fact-flipped', `${formatWhole(last.flipped)} of ${formatWhole(last.weights)}`);
    say('fact-zeros', `${((100 * last.zeros) / last.weights).toFixed(1)} %`);
    say('fact-gradient', last.gradientNorm.toFixed(3));
  }
}
