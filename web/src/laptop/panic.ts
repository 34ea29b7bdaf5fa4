// A kernel that panicked stands still from then on. Nothing tells but its own words.
import type { FromLaptop } from './protocol.ts';

// What the driver in Node looks for, too (ts/guest/supervise.ts).
const PANIC = /Kernel panic/;
// Characters that are kept of a console: enough for words that come in pieces.
const TAIL = 32;

// Looks at what a laptop says, for the words of a panic.
export class PanicWatch {
  readonly #decoder = new TextDecoder();
  #console = '';
  #begun = false; // from then on programs, and a person, write to the console

  // Throws where the kernel says that it panicked.
  hear(message: FromLaptop): void {
    if (message.type === 'frame' && message.frame.kind === 'start') this.#begun = true;
    if (message.type === 'kernel') this.#look(message.line);
    if (message.type !== 'console' || this.#begun) return;
    this.#console += this.#decoder.decode(message.bytes, { stream: true });
    this.#look(this.#console);
    this.#console = this.#console.slice(-TAIL);
  }

  #look(words: string): void {
    if (PANIC.test(words)) throw new Error('the kernel of the laptop panicked');
  }
}
