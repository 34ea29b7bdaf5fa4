// What is typed at a laptop's serial line: kept until the laptop wants it (RTS), and handed on in
// pieces that its queue holds. Works in Node and in a browser.

const PIECE_BYTES = 256;
const PIECE_MS = 2;
const WATCH_MS = 50;
// So many looks one after the other must find the processor halted, and nothing left to send.
const IDLE_LOOKS = 20;

interface Line {
  send: (bytes: Uint8Array) => void;
  /** Whether the processor waits for an interrupt. */
  isHalted: () => boolean;
  /** How many inputs had been pushed by then: all of them have been sent. */
  onIdle: (inputs: number) => void;
}

export class SerialInput {
  readonly #line: Line;
  #waiting: Uint8Array[] = [];
  #inputs = 0;
  #looks = 0;
  #begun = false;
  #ready = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(line: Line) {
    this.#line = line;
  }

  push(bytes: Uint8Array): void {
    this.#inputs++;
    this.#looks = 0;
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      this.#waiting.push(bytes.subarray(at, at + PIECE_BYTES));
    }
    this.#schedule();
  }

  // What comes before the laptop has set its line would be lost. `ready`: it had done so before it was
  // saved.
  begin(ready = this.#ready): void {
    this.#begun = true;
    this.#ready = ready;
    this.#schedule();
    this.#watch();
  }

  setReady(ready: boolean): void {
    this.#ready = ready;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#timer || !this.#begun || !this.#ready || this.#waiting.length === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const piece = this.#ready ? this.#waiting.shift() : undefined;
      if (piece) this.#line.send(piece);
      this.#schedule();
    }, PIECE_MS);
  }

  #watch(): void {
    setInterval(() => {
      const idle = this.#waiting.length === 0 && this.#line.isHalted();
      this.#looks = idle ? this.#looks + 1 : 0;
      if (this.#looks % IDLE_LOOKS === 0 && this.#looks > 0) this.#line.onIdle(this.#inputs);
    }, WATCH_MS);
  }
}
