// The Worker: hears the calls of protocol.ts, and sends their answers and the events.
import { EngineError } from '../../../ts/engine/engine.ts';
import { Answers } from './answers.ts';
import type { CallName, Question, Reply } from './protocol.ts';

const answers = new Answers((event) => send({ event }));

function send(reply: Reply): void {
  postMessage(reply);
}

async function answer({ id, call, argument }: Question): Promise<void> {
  try {
    const calls = answers as Record<CallName, (argument: unknown) => unknown>;
    send({ id, value: await calls[call](argument) });
  } catch (error) {
    send({ id, error: wordsOf(error) });
  }
}

// What the library or this page refuses is said as it is; what breaks off is most likely memory.
function wordsOf(error: unknown): string {
  if (error instanceof EngineError) return error.message;
  const why = error instanceof Error ? error.message : String(error);
  return `the calculation broke off (${why}); close other tabs, reload the page, take a smaller size`;
}

addEventListener('message', (event: MessageEvent<Question>) => void answer(event.data));
