// The Worker: answers the calls of protocol.ts with an engine. All of the model's work happens here.
import { Engine, EngineError } from '../../../ts/engine/engine.ts';
import { totalOf } from './memory.ts';
import type { Answer, Argument, CallName, Event, Question, Reply } from './protocol.ts';
import { checkText } from './text.ts';
import { summed, sumOf, train, write } from './training.ts';

let loaded: Engine | undefined;
let steps = 0;
const control = { stopped: false, watched: { layer: 0, which: 0 } };

function engine(): Engine {
  if (!loaded) throw new EngineError('the model has not loaded yet; wait a moment');
  return loaded;
}

type Answers = {
  [Name in CallName]: (argument: Argument<Name>) => Answer<Name> | Promise<Answer<Name>>;
};

const answers: Answers = {
  start: (module) => {
    loaded = new Engine(module);
  },
  plan: ({ text, name, ...settings }) => {
    const shape = engine().plan(checkText(text, name), settings);
    return planned(shape);
  },
  size: ({ text, name, ...settings }) => {
    engine().plan(checkText(text, name), settings);
    return totalOf(engine().memory());
  },
  resume: ({ text, name, checkpoint, steps }) => {
    const shape = engine().planResumed(checkText(text, name), checkpoint, steps);
    return planned(shape);
  },
  train: () => train(engine(), steps, control, emit),
  stop: () => {
    control.stopped = true;
  },
  watch: (place) => {
    control.watched = place;
    return loaded?.matrix(place.layer, place.which);
  },
  pack: (codes) => engine().pack(codes),
  openModel: (file) => engine().openModel(file),
  write: (order) => {
    control.stopped = false;
    return write(engine(), order, control, emit);
  },
  attention: ({ layer, head }) => engine().attention(layer, head),
  exportModel: (file) => summed(engine().export(file)),
  sum: sumOf,
};

function planned(shape: ReturnType<Engine['plan']>) {
  steps = shape.steps;
  const memory = engine().memory();
  engine().begin();
  return { shape, memory };
}

function emit(event: Event): void {
  send({ event });
}

function send(reply: Reply): void {
  postMessage(reply);
}

async function answer({ id, call, argument }: Question): Promise<void> {
  try {
    const reply = answers[call] as (argument: unknown) => unknown;
    send({ id, value: await reply(argument) });
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
