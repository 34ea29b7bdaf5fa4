// The live line of trainings that run side by side, and how many are done.

import type { StepEvent } from '../program/events.ts';
import { formatSeconds, type Progress } from '../support/progress.ts';
import type { Run } from './runs.ts';

// Lines in a pipe: this many over a whole run.
const PLAIN_LINES = 4;

// Turns steps and ends of runs into progress.
export class LiveRuns {
  readonly #progress: Progress;
  readonly #all: number;
  readonly #running = new Map<string, { text: string; key: string }>();
  #done: number;

  constructor(progress: Progress, all: number, done: number) {
    this.#progress = progress;
    this.#all = all;
    this.#done = done;
  }

  // A step of a run; tokens and seconds are those of the running program.
  step(run: Run, event: StepEvent): void {
    const { step, steps, loss } = event;
    const text = [`${run.name} ${step}/${steps}`, `loss ${loss}`, ...speed(run, event)];
    const part = Math.floor((step * PLAIN_LINES) / Math.max(1, steps));
    this.#running.set(run.key, { text: text.join(', '), key: `${run.key} ${part}` });
    this.#draw();
  }

  // A run that ended well, with its result in a few words.
  finished(run: Run, result: string): void {
    this.#done += 1;
    this.#end(run, `${run.name}: ${result}`);
  }

  // A run that failed, and why.
  failed(run: Run, why: string): void {
    this.#end(run, `${run.name} FAILED: ${why}`);
  }

  // All were stopped.
  stopped(): void {
    this.#progress.line(`${this.count()}; the same command goes on from here`);
  }

  // "3 of 14 done".
  count(): string {
    return `${this.#done} of ${this.#all} done`;
  }

  #end(run: Run, text: string): void {
    this.#running.delete(run.key);
    this.#progress.line(`${text} (${this.count()})`);
    if (this.#running.size > 0) this.#draw();
  }

  #draw(): void {
    const running = [...this.#running.values()];
    const text = [this.count(), ...running.map((each) => each.text)].join(' | ');
    this.#progress.update(text, running.map(({ key }) => key).join());
  }
}

function speed({ tokensPerStep }: Run, { step, steps, tokens, seconds }: StepEvent): string[] {
  if (seconds <= 0 || tokens <= 0) return [];
  const rate = tokens / seconds;
  const left = formatSeconds(((steps - step) * tokensPerStep) / rate);
  return [`${Math.round(rate).toLocaleString('en')} tokens/s`, `${left} left`];
}
