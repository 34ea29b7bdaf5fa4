// The page's end of a Worker: calls that answer in promises, and its events. The Worker begins with the
// first call, so that a model which nobody asks for takes nothing from what else the page does.
import { loadProgram } from './load.ts';
import type { Answer, Argument, BuildName, CallName, Event, Question, Reply } from './protocol.ts';

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export class ModelWorker {
  readonly #build: BuildName;
  readonly #onEvent: (event: Event) => void;
  readonly #waiting = new Map<number, Waiting>();
  #begun: Promise<Worker> | undefined;
  #worker: Worker | undefined;
  #ended = false;
  #calls = 0;

  constructor(build: BuildName, onEvent: (event: Event) => void = () => {}) {
    this.#build = build;
    this.#onEvent = onEvent;
  }

  // Asks something of the Worker. What is handed over is copied.
  async call<Name extends CallName>(call: Name, argument: Argument<Name>): Promise<Answer<Name>> {
    this.#begun ??= this.#begin();
    return this.#ask(await this.#begun, call, argument);
  }

  // Ends the Worker and all that it does.
  end(): void {
    this.#ended = true;
    this.#worker?.terminate();
    this.#failAll('stopped');
  }

  async #begin(): Promise<Worker> {
    try {
      const { module } = await loadProgram(this.#build);
      if (this.#ended) throw new Error('stopped');
      const worker = this.#make();
      await this.#ask(worker, 'start', module);
      return worker;
    } catch (error) {
      this.#worker?.terminate();
      this.#begun = undefined; // so that the next call tries again
      throw error;
    }
  }

  #make(): Worker {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<Reply>) => {
      if ('event' in data) this.#onEvent(data.event);
      else this.#settle(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      this.#failAll(`the page's Worker did not load: ${event.message ?? ''} reload the page`);
    };
    this.#worker = worker;
    return worker;
  }

  #ask<Name extends CallName>(
    worker: Worker,
    call: Name,
    argument: Argument<Name>,
  ): Promise<Answer<Name>> {
    const id = ++this.#calls;
    const question: Question = { id, call, argument };
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
    worker.postMessage(question);
    return answer as Promise<Answer<Name>>;
  }

  #settle(reply: Exclude<Reply, { event: Event }>): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ('error' in reply) waiting?.reject(new Error(reply.error));
    else waiting?.resolve(reply.value);
  }

  #failAll(words: string): void {
    for (const { reject } of this.#waiting.values()) reject(new Error(words));
    this.#waiting.clear();
  }
}
