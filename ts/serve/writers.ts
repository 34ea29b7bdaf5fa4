// The threads that write, and the queue before them: so many requests at once, so many that wait, and
// the others are refused. A thread that ended is replaced.
import type { ModelFacts } from '../engine/engine.ts';
import { ApiError } from './api_error.ts';
import type { TextOrder, ThreadData, Written } from './text_order.ts';
import { Writer } from './writer.ts';

export interface WriterLimits {
  threads: number;
  /** Requests that may wait. */
  queue: number;
  /** That one text may take, without the waiting. */
  seconds: number;
}

// After which a client may try again that was refused.
const RETRY_SECONDS = 1;

// One that waits for its turn.
type Take = (writer: Writer) => void;

export class Writers {
  readonly #data: Omit<ThreadData, 'stopped'>;
  readonly #limits: WriterLimits;
  readonly #all: Set<Writer>;
  readonly #free: Writer[];
  readonly #waiting: Take[] = [];
  #closed = false;

  constructor(data: Omit<ThreadData, 'stopped'>, limits: WriterLimits) {
    this.#data = data;
    this.#limits = limits;
    this.#free = Array.from({ length: limits.threads }, () => new Writer(data));
    this.#all = new Set(this.#free);
  }

  // When all threads have opened the model; what it is.
  async ready(): Promise<ModelFacts> {
    const [facts] = await Promise.all([...this.#all].map(({ ready }) => ready));
    if (!facts) throw new Error('there is no thread');
    return facts;
  }

  get state() {
    const running = this.#all.size - this.#free.length;
    return { running, waiting: this.#waiting.length };
  }

  // Writes a text when it is its turn; the signal takes it out of the queue, or stops it.
  async write(
    order: TextOrder,
    onText: (text: string) => void,
    signal: AbortSignal,
  ): Promise<Written> {
    const writer = await this.#enter(signal);
    try {
      await writer.ready; // one that has just replaced another opens its model first
      return await this.#inTime((timed) => writer.write(order, onText, timed), signal);
    } finally {
      this.#leave(writer);
    }
  }

  async #inTime<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    const timer = new AbortController();
    const over = setTimeout(() => timer.abort(this.#tooLong()), 1000 * this.#limits.seconds);
    try {
      return await work(AbortSignal.any([signal, timer.signal]));
    } finally {
      clearTimeout(over);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#all].map((writer) => writer.close()));
  }

  #tooLong(): ApiError {
    const message = `the text took longer than ${this.#limits.seconds} s; ask for fewer tokens`;
    return new ApiError(504, 'time_limit', message);
  }

  async #enter(signal: AbortSignal): Promise<Writer> {
    signal.throwIfAborted();
    const writer = this.#free.pop();
    if (writer) return writer.usable ? writer : this.#replace(writer);
    if (this.#waiting.length >= this.#limits.queue) {
      const headers = { 'retry-after': String(RETRY_SECONDS) };
      throw new ApiError(429, 'queue_full', 'too many requests wait; try again', { headers });
    }
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(take), 1);
        reject(signal.reason);
      };
      const take: Take = (free) => {
        signal.removeEventListener('abort', leave);
        resolve(free);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(take);
    });
  }

  #leave(used: Writer): void {
    const writer = used.usable || this.#closed ? used : this.#replace(used);
    const next = this.#waiting.shift();
    if (next) next(writer);
    else this.#free.push(writer);
  }

  #replace(ended: Writer): Writer {
    this.#all.delete(ended);
    const writer = new Writer(this.#data);
    this.#all.add(writer);
    return writer;
  }
}
