// Tokens per second of the host's clock, which stands still while nothing is trained.

export class HostSpeed {
  readonly #now: () => number;
  #first: { at: number; tokens: number } | undefined;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  // Counts anew from the next step on: what lies between is no training.
  again(): void {
    this.#first = undefined;
  }

  // The speed when so many tokens are done; undefined at the first step that is counted from.
  at(tokens: number): number | undefined {
    this.#first ??= { at: this.#now(), tokens };
    const seconds = (this.#now() - this.#first.at) / 1000;
    return seconds > 0 && tokens > this.#first.tokens
      ? (tokens - this.#first.tokens) / seconds
      : undefined;
  }
}
