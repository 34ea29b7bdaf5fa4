// How v86 lets its Worker take messages between two pieces of work. In a browser it would ask another Worker
// to call it back, and wait for two switches between threads each time, which takes as long as the work where
// a computer is busy. Here the call comes from the same thread.

interface Turn {
  /** Milliseconds to wait. */
  t: number;
  tick: number;
}

// Stands in for that Worker, in its shape.
class Turns {
  onmessage: (event: { data: number }) => void = () => {};
  readonly #channel = new MessageChannel();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.#channel.port1.onmessage = ({ data }) => this.onmessage({ data });
  }

  postMessage({ t, tick }: Turn): void {
    clearTimeout(this.#timer);
    if (t < 1) this.#channel.port2.postMessage(tick);
    else this.#timer = setTimeout(() => this.onmessage({ data: tick }), t);
  }

  terminate(): void {
    clearTimeout(this.#timer);
    this.#channel.port1.close();
  }
}

// Before v86 is imported.
export function installTurns(): void {
  globalThis.Worker = Turns as unknown as typeof Worker;
}
