// The live line of trainings that run side by side, and how many are done.

import type { StepEvent } from '../program/events.ts';
import { formatSeconds, type Progress } from '../support/progress.ts';

// Lines in a pipe over a whole run, where nothing else is said.
const PLAIN_LINES = 4;

// One of them, as far as progress tells of it.
export interface LiveRun {
  key: string;
  /** For people. */
  name: string;
  tokensPerStep: number;
}

// Turns steps and ends of runs into progress.
export class LiveRuns {
  readonly #progress: Progress;
  readonly #all: number | undefined;
  readonly #running = new Map<string, { text: string; key: string }>();
  readonly #plainLines: number;
  #done: number;

  /** `all` is nothing where nobody knows yet how many there will be. */
  constructor(progress: Progress, all: number | undefined, done: number, plainLines = PLAIN_LINES) {
    this.#progress = progress;
    this.#all = all;
    this.#plainLines = plainLines;
    this.#done = done;
  }

  // A step of a run; tokens and seconds are those of the running program.
  step(run: LiveRun, event: StepEvent): void {
    const { step, steps, loss } = event;
    const text = [`${run.name} ${step}/${steps}`, `loss ${loss}`, ...speed(run, event)];
    const part = Math.floor((step * this.#plainLines) / Math.max(1, steps));
    this.#running.set(run.key, { text: text.join(', '), key: `${run.key} ${part}` });
    this.#draw();
  }

  // A run that ended well, with its result in a few words.
  finished(run: LiveRun, result: string): void {
    this.#done += 1;
    this.#end(run, `${run.name}: ${result}`);
  }

  // A run that failed, and why.
  failed(run: LiveRun, why: string): void {
    this.#end(run, `${run.name} FAILED: ${why}`);
  }

  // All were stopped.
  stopped(): void {
    this.#progress.line(`${this.count()}; the same command goes on from here`);
  }

  // "3 of 14 done".
  count(): string {
    return this.#all === undefined ? `${this.#done} done` : `${this.#done} of ${this.#all} done`;
  }

  #end(run: LiveRun, text: string): void {
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

function speed({ tokensPerStep }: LiveRun, { step, steps, tokens, seconds }: StepEvent): string[] {
  if (seconds <= 0 || tokens <= 0) return [];
  const rate = tokens / seconds;
  const left = formatSeconds(((steps - step) * tokensPerStep) / rate);
  return [`${Math.round(rate).toLocaleString('en')} tokens/s`, `${left} left`];
}
