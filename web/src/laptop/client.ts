// The page's end of the Worker that is a laptop, whatever the laptop does.
import { PanicWatch } from './panic.ts';
import type { FromLaptop, ToLaptop } from './protocol.ts';

// Each laptop that is switched on is a new Worker.
export class LaptopWorker {
  readonly #worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });

  // What is handed over is copied, but for the buffers that are given away.
  tell(message: ToLaptop, given: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, given);
  }

  // Passes on what it says until that is the end, which `receive` tells; rejects at a fault, at a panic of its
  // kernel and at a stop.
  hear(receive: (message: FromLaptop) => boolean, stop: AbortSignal): Promise<void> {
    const watch = new PanicWatch();
    return new Promise((resolve, reject) => {
      stop.addEventListener('abort', () => reject(new Error('stopped')));
      this.#worker.onerror = ({ message }) => reject(new Error(`the emulator failed: ${message}`));
      this.#worker.onmessage = ({ data }: MessageEvent<FromLaptop>) => {
        try {
          if (data.type === 'fault') throw new Error(`the emulator failed: ${data.message}`);
          if (receive(data)) resolve();
          else if (data.type === 'halted') throw new Error('the laptop halted before it was done');
          watch.hear(data); // after its listener, whose screen shows why
        } catch (error) {
          reject(error);
        }
      };
    });
  }

  off(): void {
    this.#worker.terminate();
  }
}
