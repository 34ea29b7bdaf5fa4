// A laptop that trains: starts it in a Worker and puts together what it says, by the same transcript as the
// driver in Node.
import { type GuestRun, Transcript } from '../../../ts/guest/transcript.ts';
import type { LaptopKit } from '../../../ts/web/laptop_kit.ts';
import { LaptopWorker } from './client.ts';
import { loadEmulator, loadParts } from './kit.ts';
import { type Choice, jobOf } from './order.ts';
import type { FromLaptop } from './protocol.ts';

export interface Listener {
  kernel(line: string): void;
  stdout(line: string): void;
  phase(words: string): void;
  /** It carries out nothing any more, after so many instructions. */
  paused(instructions: number): void;
  goingOn(instructions: number): void;
}

/** What came of a boot. */
export interface Boot {
  runs: readonly GuestRun[];
  outputs: ReadonlyMap<string, Uint8Array>;
  totalInstructions: number;
}

export class Laptop {
  readonly #worker = new LaptopWorker();
  readonly #listener: Listener;

  constructor(listener: Listener) {
    this.#listener = listener;
  }

  // Boots it and waits for the end of its job; `stop` ends it before.
  async boot(kit: LaptopKit, choice: Choice, stop: AbortSignal): Promise<Boot> {
    const [wasm, parts] = await Promise.all([loadEmulator(), loadParts(choice.machine)]);
    stop.throwIfAborted();
    const { commands, outputs } = jobOf(choice);
    const transcript = new Transcript(commands.length, {
      outputs,
      onStdout: (line) => this.#listener.stdout(line),
      onPhase: (words) => this.#listener.phase(words),
    });
    const ended = this.#worker.hear((message) => this.#receive(message, transcript), stop);
    const given = [wasm, ...Object.values(parts)].map(({ buffer }) => buffer);
    this.#worker.tell({ type: 'train', wasm, kit, choice, parts }, given);
    await ended;
    return transcript;
  }

  pause(): void {
    this.#worker.tell({ type: 'pause' });
  }

  goOn(): void {
    this.#worker.tell({ type: 'go on' });
  }

  off(): void {
    this.#worker.off();
  }

  // Whether it is done.
  #receive(message: FromLaptop, transcript: Transcript): boolean {
    switch (message.type) {
      case 'frame':
        transcript.receive(message.frame);
        break;
      case 'kernel':
        this.#listener.kernel(message.line);
        break;
      case 'paused':
        this.#listener.paused(message.instructions);
        break;
      case 'going on':
        this.#listener.goingOn(message.instructions);
    }
    return transcript.done;
  }
}
