// Turns the events of a running training into the text of a progress line.
import { formatSeconds } from '../support/progress.ts';
import { type PlanEvent, parseEvent } from './events.ts';
import { kilobytes } from './sizes.ts';

// Lines in a pipe: this many over a whole run.
const PLAIN_LINES = 10;

export interface ProgressText {
  text: string;
  /** Changes when a line in a pipe is due. */
  key: string;
}

export class LiveTraining {
  readonly #now: () => number;
  #plan: PlanEvent | undefined;
  #firstAt: number | undefined;
  #firstStep = 0;
  #firstTokens = 0;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  // The progress text that a line of output leads to, if any.
  read(line: string): ProgressText | undefined {
    const event = parseEvent(line);
    if (event?.event === 'plan') this.#plan = event;
    if (event?.event !== 'step') return undefined;
    const { step, steps, loss, tokens, seconds } = event;
    const parts = [`step ${step}/${steps}`, `loss ${loss}`];
    if (seconds > 0) parts.push(`${Math.round(tokens / seconds)} tokens/s (emulated)`);
    parts.push(...this.#hostParts(step, steps, tokens));
    if (this.#plan) parts.push(`plan ${kilobytes(this.#plan.total_bytes)}`);
    const key = String(Math.floor((step * PLAIN_LINES) / Math.max(1, steps)));
    return { text: parts.join('  '), key };
  }

  // Speed and time left by the host's clock, counted from the first step seen.
  #hostParts(step: number, steps: number, tokens: number): string[] {
    if (this.#firstAt === undefined) {
      this.#firstAt = this.#now();
      this.#firstStep = step;
      this.#firstTokens = tokens;
      return [];
    }
    const passed = (this.#now() - this.#firstAt) / 1000;
    if (passed <= 0 || step <= this.#firstStep) return [];
    const speed = Math.round((tokens - this.#firstTokens) / passed);
    const left = (passed / (step - this.#firstStep)) * (steps - step);
    return [`${speed} tokens/s (host)`, `${formatSeconds(left)} left (host)`];
  }
}
