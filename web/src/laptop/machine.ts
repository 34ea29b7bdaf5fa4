// The page's end of a laptop: starts it in a Worker and puts together what it says, by the same
// transcript as the driver in Node.
import initUrl from '#laptop/init.bin?url';
import kernelUrl from '#laptop/kernel.bin?url';
import kitUrl from '#laptop/laptop.json?url';
import p2Url from '#laptop/p2.bin?url';
import p3Url from '#laptop/p3.bin?url';
import wasmUrl from '#laptop/v86.wasm?url';
import type { Machine } from '../../../ts/guest/machine.ts';
import { type GuestRun, Transcript } from '../../../ts/guest/transcript.ts';
import type { LaptopKit } from '../../../ts/web/laptop_kit.ts';
import { download } from '../parts/files.ts';
import { type Choice, jobOf } from './order.ts';
import type { FromLaptop, ToLaptop } from './protocol.ts';

const programs: Readonly<Record<Machine['build'], string>> = { p2: p2Url, p3: p3Url };

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

// What the page has to know of them.
export async function loadKit(): Promise<LaptopKit> {
  const bytes = await bytesOf(kitUrl, 'what is known of the laptops');
  return JSON.parse(new TextDecoder().decode(bytes));
}

async function bytesOf(url: string, what: string): Promise<Uint8Array<ArrayBuffer>> {
  return (await download(url, what)).bytes;
}

// A laptop that is on. Each is a new Worker.
export class Laptop {
  readonly #worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  readonly #listener: Listener;

  constructor(listener: Listener) {
    this.#listener = listener;
  }

  // Boots it and waits for the end of its job; `stop` ends it before.
  async boot(kit: LaptopKit, choice: Choice, stop: AbortSignal): Promise<Boot> {
    const [wasm, kernel, init, program] = await Promise.all([
      bytesOf(wasmUrl, 'the emulator'),
      bytesOf(kernelUrl, 'the kernel of the laptop'),
      bytesOf(initUrl, 'the first process of the laptop'),
      bytesOf(programs[choice.machine.build], 'the program of the laptop'),
    ]);
    stop.throwIfAborted();
    const { commands, outputs } = jobOf(choice);
    const transcript = new Transcript(commands.length, {
      outputs,
      onStdout: (line) => this.#listener.stdout(line),
      onPhase: (words) => this.#listener.phase(words),
    });
    const ended = this.#hear(transcript, stop);
    this.#tell({ type: 'start', wasm, kit, choice, parts: { kernel, init, program } });
    await ended;
    return transcript;
  }

  pause(): void {
    this.#tell({ type: 'pause' });
  }

  goOn(): void {
    this.#tell({ type: 'go on' });
  }

  off(): void {
    this.#worker.terminate();
  }

  #tell(message: ToLaptop): void {
    this.#worker.postMessage(message);
  }

  #hear(transcript: Transcript, stop: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      stop.addEventListener('abort', () => reject(new Error('stopped')));
      this.#worker.onerror = ({ message }) => reject(new Error(`the emulator failed: ${message}`));
      this.#worker.onmessage = ({ data }: MessageEvent<FromLaptop>) => {
        try {
          this.#receive(data, transcript);
          if (transcript.done) resolve();
        } catch (error) {
          reject(error);
        }
      };
    });
  }

  #receive(message: FromLaptop, transcript: Transcript): void {
    switch (message.type) {
      case 'frame':
        transcript.receive(message.frame);
        return;
      case 'kernel':
        this.#listener.kernel(message.line);
        return;
      case 'halted':
        if (!transcript.done) throw new Error('the laptop halted before it was done');
        return;
      case 'paused':
        this.#listener.paused(message.instructions);
        return;
      case 'going on':
        this.#listener.goingOn(message.instructions);
        return;
      case 'fault':
        throw new Error(`the emulator failed: ${message.message}`);
    }
  }
}
