// The page's end of the laptop: starts it in a Worker and puts together what it says, by the same
// transcript as the driver in Node.
import boot from '#laptop/boot.bin?url';
import kitUrl from '#laptop/laptop.json?url';
import wasm from '#laptop/v86.wasm?url';
import type { MachineMessage } from '../../../ts/guest/machine_message.ts';
import { type GuestRun, Transcript } from '../../../ts/guest/transcript.ts';
import type { LaptopKit } from '../../../ts/web/laptop_kit.ts';
import { download } from '../parts/files.ts';

export interface Listener {
  kernel(line: string): void;
  stdout(line: string): void;
  phase(words: string): void;
}

/** What came of a boot. */
export interface Boot {
  runs: readonly GuestRun[];
  outputs: ReadonlyMap<string, Uint8Array>;
  totalInstructions: number;
}

// What the page has to know of it.
export async function loadKit(): Promise<LaptopKit> {
  const { bytes } = await download(kitUrl, 'what is known of the laptop');
  return JSON.parse(new TextDecoder().decode(bytes));
}

// Boots it and waits for the end of its job; `stop` ends it before. Each boot is a new Worker.
export async function bootLaptop(
  kit: LaptopKit,
  listener: Listener,
  stop: AbortSignal,
): Promise<Boot> {
  const [image, v86] = await Promise.all([
    download(boot, 'the memory of the laptop'),
    download(wasm, 'the emulator'),
  ]);
  const { ramBytes, mips, token } = kit;
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  const transcript = new Transcript(kit.commands, {
    outputs: kit.outputs,
    onStdout: (line) => listener.stdout(line),
    onPhase: (words) => listener.phase(words),
  });
  try {
    await new Promise<void>((resolve, reject) => {
      stop.addEventListener('abort', () => reject(new Error('stopped')));
      worker.onerror = ({ message }) => reject(new Error(`the emulator failed: ${message}`));
      worker.onmessage = ({ data }: MessageEvent<MachineMessage>) => {
        try {
          receive(data, transcript, listener);
          if (transcript.done) resolve();
        } catch (error) {
          reject(error);
        }
      };
      worker.postMessage({ wasm: v86.bytes, image: image.bytes, ramBytes, mips, token });
    });
  } finally {
    worker.terminate();
  }
  return transcript;
}

function receive(message: MachineMessage, transcript: Transcript, listener: Listener): void {
  switch (message.type) {
    case 'frame':
      transcript.receive(message.frame);
      return;
    case 'kernel':
      listener.kernel(message.line);
      return;
    case 'halted':
      if (!transcript.done) throw new Error('the laptop halted before it was done');
      return;
    case 'fault':
      throw new Error(`the emulator failed: ${message.message}`);
  }
}
