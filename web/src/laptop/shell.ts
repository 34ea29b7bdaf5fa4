// A laptop that a person uses, from the page's end: starts it in a Worker, passes on what is typed and what
// comes out. Knows no element of the page.
import type { LaptopKit } from '../../../ts/web/laptop_kit.ts';
import { LaptopWorker } from './client.ts';
import type { FromLaptop } from './protocol.ts';
import type { Use } from './use.ts';

export interface ConsoleListener {
  console(bytes: Uint8Array): void;
  /** The shell has begun. */
  begun(): void;
}

export class ShellLaptop {
  readonly #worker = new LaptopWorker();
  readonly #listener: ConsoleListener;

  constructor(listener: ConsoleListener) {
    this.#listener = listener;
  }

  // Switches it on and waits until its shell has ended; `stop` switches it off before. wasm: v86.wasm as
  // its package has it.
  async use(kit: LaptopKit, use: Use, wasm: Uint8Array, stop: AbortSignal): Promise<void> {
    const ended = this.#worker.hear((message) => this.#receive(message), stop);
    this.#worker.tell({ type: 'use', wasm, kit, use });
    await ended;
  }

  type(bytes: Uint8Array): void {
    this.#worker.tell({ type: 'input', bytes });
  }

  off(): void {
    this.#worker.off();
  }

  // Whether it is done.
  #receive(message: FromLaptop): boolean {
    if (message.type === 'console') this.#listener.console(message.bytes);
    if (message.type !== 'frame') return false;
    if (message.frame.kind === 'start') this.#listener.begun();
    return message.frame.kind === 'done';
  }
}
