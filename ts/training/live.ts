// Turns the events of a running training into the text of a progress line.

import { parseEvent, type StepEvent } from '../program/events.ts';
import { formatSeconds } from '../support/progress.ts';
import { kilobytes } from '../support/sizes.ts';

// Lines in a pipe: this many over a whole run.
const PLAIN_LINES = 10;

// What a line of output leads to: a progress text, or a line that stays.
export type LiveText =
  | { kind: 'progress'; text: string /** Changes when a pipe gets a line. */; key: string }
  | { kind: 'line'; text: string };

// The live text of one training.
export class LiveTraining {
  readonly #now: () => number;
  #first: { at: number; step: number; tokens: number } | undefined;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  // The text that a line of output leads to, if any.
  read(line: string): LiveText | undefined {
    const event = parseEvent(line);
    if (event?.event === 'plan') {
      const plan = `memory plan ${kilobytes(event.total_bytes)}`;
      return { kind: 'line', text: `${plan} of at most ${kilobytes(event.ram_bytes)} (emulated)` };
    }
    if (event?.event !== 'step') return undefined;
    const { step, steps, loss } = event;
    const parts = [`step ${step}/${steps}`, `loss ${loss}`, ...this.#speed(event)];
    const key = String(Math.floor((step * PLAIN_LINES) / Math.max(1, steps)));
    return { kind: 'progress', text: parts.join('  '), key };
  }

  // Speed by both clocks and time left by the host's, which is counted from the first step seen.
  #speed({ step, steps, tokens, seconds }: StepEvent): string[] {
    this.#first ??= { at: this.#now(), step, tokens };
    const emulated = seconds > 0 ? [`${Math.round(tokens / seconds)} emulated`] : [];
    const passed = (this.#now() - this.#first.at) / 1000;
    const made = step - this.#first.step;
    if (passed <= 0 || made <= 0) return emulated.map((speed) => `tokens/s ${speed}`);
    const host = `${Math.round((tokens - this.#first.tokens) / passed)} host`;
    const left = formatSeconds((passed / made) * (steps - step));
    return [`tokens/s ${[...emulated, host].join(', ')}`, `left ${left} (host)`];
  }
}
