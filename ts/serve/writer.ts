// A thread that writes (writer_thread.ts), from outside: an order in, text and its end out. It is ended
// by force where it does not stop when it should, and is of no use then.
import type { Worker } from 'node:worker_threads';
import type { ModelFacts } from '../engine/engine.ts';
import { startThread } from '../support/fork.ts';
import { ApiError } from './api_error.ts';
import type { TextOrder, ThreadData, ThreadMessage, Written } from './text_order.ts';

// From the wish to stop to force: reading a prompt is not interrupted.
const GRACE_MS = 500;

type Receive = (message: ThreadMessage) => void;

export class Writer {
  readonly #thread: Worker;
  readonly #stop: Int32Array;
  #receive: Receive = () => {};
  #fail: (error: Error) => void = () => {};
  /** Whether it can take another order. */
  usable = true;
  /** When its model is open; fails where the library refuses it. */
  readonly ready: Promise<ModelFacts>;

  constructor(data: Omit<ThreadData, 'stopped'>) {
    const stopped = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    this.#stop = new Int32Array(stopped);
    const own: ThreadData = { ...data, stopped };
    this.#thread = startThread(new URL('./writer_thread.ts', import.meta.url), own);
    this.#thread.on('message', (message: ThreadMessage) => this.#receive(message));
    this.#thread.on('error', (error) => this.#end(error));
    this.#thread.on('exit', () => this.#end(new Error('a thread that writes has ended')));
    this.ready = this.#answer((message, resolve) => {
      if (message.kind === 'ready') resolve(message.facts);
    });
    this.ready.catch(() => {}); // who waits for it hears of it
  }

  // Writes a text, once it is ready; the signal's reason is the error where that stops it.
  async write(
    order: TextOrder,
    onText: (text: string) => void,
    signal: AbortSignal,
  ): Promise<Written> {
    signal.throwIfAborted();
    Atomics.store(this.#stop, 0, 0);
    const written = this.#answer<Written>((message, resolve) => {
      if (message.kind === 'text' && !signal.aborted) onText(message.text);
      const isWhole = message.kind === 'written' && !signal.aborted; // else the end was passed over
      if (isWhole) resolve(message.written);
      else if (message.kind !== 'text') this.#fail(signal.reason);
    });
    this.#thread.postMessage(order);
    let force: NodeJS.Timeout | undefined;
    const stop = () => {
      Atomics.store(this.#stop, 0, 1);
      force = setTimeout(() => this.#end(signal.reason), GRACE_MS);
    };
    signal.addEventListener('abort', stop);
    try {
      return await written;
    } finally {
      signal.removeEventListener('abort', stop);
      clearTimeout(force);
    }
  }

  async close(): Promise<void> {
    this.#end(new Error('the server ends'));
    await this.#thread.terminate();
  }

  // The next end of what is going on.
  #answer<T>(take: (message: ThreadMessage, resolve: (value: T) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#fail = reject;
      this.#receive = (message) => {
        if (message.kind === 'refused') {
          reject(new ApiError(400, 'invalid_prompt', message.message, { param: 'prompt' }));
        } else take(message, resolve);
      };
    });
  }

  #end(error: Error): void {
    this.usable = false;
    this.#fail(error);
    void this.#thread.terminate();
  }
}
