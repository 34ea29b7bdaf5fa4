// Starts a laptop with disks in a process of its own (laptop_process.ts), and ends it whatever happens.
import { once } from 'node:events';
import type { Frame } from '../guest/channel.ts';
import { UserError } from '../support/errors.ts';
import { forkTypescript } from '../support/fork.ts';
import { interruptSignal } from '../support/interrupt.ts';
import type { DiskWrite, LaptopMessage, LaptopOrder, LaptopStart } from './protocol.ts';

const PROCESS = new URL('./laptop_process.ts', import.meta.url);
const TAIL_LINES = 12;

// Who hears of the laptop.
export interface LaptopEars {
  onFrame: (frame: Frame) => void;
  onConsole?: (bytes: Uint8Array) => void;
  onWrite?: (write: DiskWrite) => void;
  /** It has taken so many inputs, and has had nothing to do for a while. */
  onIdle?: (inputs: number) => void;
  /** The serial line is a person's, so what it says tells nothing of the kernel. */
  atTerminal?: boolean;
}

// How it ended: it was done, its power was cut, or it was left.
export type LaptopEnd = 'done' | 'cut' | 'left';

// A laptop that is on.
export interface Laptop {
  input(bytes: Uint8Array): void;
  /** Stops it and gives its state; then it is off. */
  save(): Promise<Uint8Array>;
  /** The same for one that stops by itself when it is ready. */
  readyState(): Promise<Uint8Array>;
  /** Switches it off, and ends with what went wrong, if something did. */
  leave(failure?: unknown): void;
  /** Rejects when it can no longer come to an end by itself. By then nothing of it is left. */
  readonly ended: Promise<LaptopEnd>;
}

// Switches a laptop on.
export function startLaptop(order: Omit<LaptopStart, 'type'>, ears: LaptopEars): Laptop {
  const child = forkTypescript(PROCESS, 'inherit');
  const gone = once(child, 'exit');
  const send = (message: LaptopOrder) => child.send(message, () => {});
  let said = '';
  let onState: (state: Uint8Array) => void = () => {};
  const state = new Promise<Uint8Array>((resolve) => {
    onState = resolve;
  });
  let interrupt = () => {};
  let leave: (failure?: unknown) => void = () => {};
  const ended = new Promise<LaptopEnd>((resolve, reject) => {
    leave = (failure) => (failure === undefined ? resolve('left') : reject(failure));
    const receive = (message: LaptopMessage) => {
      switch (message.type) {
        case 'frame':
          ears.onFrame(message.frame);
          if (message.frame.kind === 'done') resolve('done');
          return;
        case 'console':
          said = (said + Buffer.from(message.bytes).toString('latin1')).slice(-4096);
          ears.onConsole?.(message.bytes);
          if (!ears.atTerminal && /Kernel panic/.test(said))
            reject(stopped('its kernel panicked', said));
          return;
        case 'write':
          ears.onWrite?.(message.write);
          return;
        case 'idle':
          ears.onIdle?.(message.inputs);
          return;
        case 'cut':
          resolve('cut');
          return;
        case 'state':
          onState(message.state);
          return;
        case 'halted':
          reject(stopped('it halted before its command had ended', said));
          return;
        case 'fault':
          reject(new UserError('the emulator failed', { hint: message.message }));
      }
    };
    child.on('message', (message: LaptopMessage) => {
      try {
        receive(message);
      } catch (error) {
        reject(error);
      }
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      reject(new UserError(`the emulator ended by itself (${signal ?? code})`));
    });
    interrupt = () => reject(interruptSignal.reason);
    interruptSignal.addEventListener('abort', interrupt);
    if (interruptSignal.aborted) interrupt();
  }).finally(async () => {
    interruptSignal.removeEventListener('abort', interrupt);
    child.kill('SIGKILL');
    await gone;
  });
  const readyState = () => Promise.race([state, ended.then(() => state)]);
  send({ type: 'start', ...order });
  return {
    input: (bytes) => send({ type: 'input', bytes }),
    save: () => {
      send({ type: 'save' });
      return readyState();
    },
    readyState,
    leave: (failure) => leave(failure),
    ended,
  };
}

function stopped(why: string, said: string): UserError {
  const lines = said.replaceAll('\r', '').trimEnd().split('\n').slice(-TAIL_LINES);
  return new UserError(`the emulated laptop stopped: ${why}`, { hint: lines.join('\n') });
}
