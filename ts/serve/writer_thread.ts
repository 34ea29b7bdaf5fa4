// A thread that writes: one model in one instance of WebAssembly, one text at a time. It looks between
// two tokens whether it is to stop; where it does not come to that, its owner ends it.
import { parentPort, workerData } from 'node:worker_threads';
import { Engine, EngineError } from '../engine/engine.ts';
import { StopFilter } from './stop_filter.ts';
import type { TextOrder, ThreadData, ThreadMessage } from './text_order.ts';

const { module, model, stopped } = workerData as ThreadData;
const stop = new Int32Array(stopped);

function tell(message: ThreadMessage): void {
  parentPort?.postMessage(message);
}

// Gives what ends it: the text itself is told piece by piece.
function write(engine: Engine, { prompt, tokens, sampling, stops }: TextOrder): ThreadMessage {
  const decoder = new TextDecoder(); // a character may come in several pieces
  const filter = new StopFilter(stops);
  const promptTokens = engine.prompt(prompt);
  const send = (text: string): void => {
    if (text !== '') tell({ kind: 'text', text });
  };
  const ended = (end: 'stop' | 'length', count: number): ThreadMessage => {
    const last = filter.push(decoder.decode());
    send(last.stopped ? last.text : last.text + filter.end());
    return { kind: 'written', written: { end, promptTokens, tokens: count } };
  };
  for (let count = 0; count < tokens; count++) {
    if (Atomics.load(stop, 0) !== 0) return { kind: 'stopped' };
    const bytes = engine.write(sampling, count);
    if (bytes === undefined) return ended('stop', count);
    const passed = filter.push(decoder.decode(bytes, { stream: true }));
    send(passed.text);
    if (!passed.stopped) continue;
    return { kind: 'written', written: { end: 'stop', promptTokens, tokens: count + 1 } };
  }
  return ended('length', tokens);
}

// What the library refuses is told; anything else ends the thread.
function refusing(work: () => ThreadMessage): void {
  try {
    tell(work());
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    tell({ kind: 'refused', message: error.message });
  }
}

refusing(() => {
  const engine = new Engine(module);
  const facts = engine.openModel(model);
  parentPort?.on('message', (order: TextOrder) => refusing(() => write(engine, order)));
  return { kind: 'ready', facts };
});
