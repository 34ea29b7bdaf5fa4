// Lets a text through up to the first stop string: what may be the beginning of one is held back.
export class StopFilter {
  readonly #stops: readonly string[];
  #held = '';

  constructor(stops: readonly string[]) {
    this.#stops = stops;
  }

  // What of the text may go on, and whether a stop string has come.
  push(text: string): { text: string; stopped: boolean } {
    this.#held += text;
    const places = this.#stops.map((stop) => this.#held.indexOf(stop)).filter((at) => at >= 0);
    if (places.length > 0) return { text: this.#take(Math.min(...places)), stopped: true };
    return { text: this.#take(this.#held.length - this.#doubtful()), stopped: false };
  }

  // What was held back, when no more comes.
  end(): string {
    return this.#take(this.#held.length);
  }

  #take(length: number): string {
    const text = this.#held.slice(0, length);
    this.#held = this.#held.slice(length);
    return text;
  }

  // How much of the end may be the beginning of a stop string.
  #doubtful(): number {
    const most = Math.max(0, ...this.#stops.map((stop) => stop.length - 1));
    for (let length = Math.min(most, this.#held.length); length > 0; length--) {
      const end = this.#held.slice(-length);
      if (this.#stops.some((stop) => stop.startsWith(end))) return length;
    }
    return 0;
  }
}
