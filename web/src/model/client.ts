// The page's end of a Worker: calls that answer in promises, and its events.
import type { Answer, Argument, CallName, Event, Question, Reply } from './protocol.ts';

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export class ModelWorker {
  readonly #worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  readonly #waiting = new Map<number, Waiting>();
  #calls = 0;

  constructor(onEvent: (event: Event) => void) {
    this.#worker.onmessage = ({ data }: MessageEvent<Reply>) => {
      if ('event' in data) onEvent(data.event);
      else this.#settle(data);
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#failAll(`the page's Worker did not load: ${event.message ?? ''} reload the page`);
    };
  }

  // Asks something of the Worker. What is handed over is copied.
  call<Name extends CallName>(call: Name, argument: Argument<Name>): Promise<Answer<Name>> {
    const id = ++this.#calls;
    const question: Question = { id, call, argument };
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
    this.#worker.postMessage(question);
    return answer as Promise<Answer<Name>>;
  }

  // Ends the Worker and all that it does.
  end(): void {
    this.#worker.terminate();
    this.#failAll('stopped');
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
