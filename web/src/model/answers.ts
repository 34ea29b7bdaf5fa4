// What the Worker answers to the calls of protocol.ts, with an engine. All of the model's work happens
// here. It knows nothing of Workers, so that it also runs in Node.
import { Engine, EngineError } from '../../../ts/engine/engine.ts';
import { totalOf } from './memory.ts';
import type {
  Answer,
  Argument,
  CallName,
  Event,
  HeadPlace,
  MatrixPlace,
  Planned,
  ResumeOrder,
  TrainOrder,
  WriteOrder,
} from './protocol.ts';
import { checkText } from './text.ts';
import { type Control, summed, sumOf, train, write } from './training.ts';

type AllAnswers = {
  [Name in CallName]: (argument: Argument<Name>) => Answer<Name> | Promise<Answer<Name>>;
};

export class Answers implements AllAnswers {
  readonly #emit: (event: Event) => void;
  readonly #control: Control = { stopped: false, watched: { layer: 0, which: 0 } };
  #loaded: Engine | undefined;
  #steps = 0;

  constructor(emit: (event: Event) => void) {
    this.#emit = emit;
  }

  start(module: WebAssembly.Module) {
    this.#loaded = new Engine(module);
  }

  // ---- a training ----

  plan({ text, name, ...settings }: TrainOrder) {
    return this.#begin(() => this.#engine.plan(checkText(text, name), settings));
  }

  size({ text, name, ...settings }: TrainOrder) {
    this.#engine.plan(checkText(text, name), settings);
    return totalOf(this.#engine.memory());
  }

  resume({ text, name, checkpoint, steps }: ResumeOrder) {
    return this.#begin(() => this.#engine.planResumed(checkText(text, name), checkpoint, steps));
  }

  train() {
    return train(this.#engine, this.#steps, this.#control, this.#emit);
  }

  goOn() {
    this.#control.stopped = false;
    return this.train();
  }

  stop() {
    this.#control.stopped = true;
  }

  watch(place: MatrixPlace) {
    this.#control.watched = place;
    return this.#loaded?.matrix(place.layer, place.which);
  }

  pack(codes: Int8Array<ArrayBuffer>) {
    return this.#engine.pack(codes);
  }

  // ---- a model in use ----

  openModel(file: Uint8Array) {
    return this.#engine.openModel(file);
  }

  write(order: WriteOrder) {
    this.#control.stopped = false;
    return write(this.#engine, order, this.#control, this.#emit);
  }

  attention({ layer, head }: HeadPlace) {
    return this.#engine.attention(layer, head);
  }

  exportModel(file: Uint8Array) {
    return summed(this.#engine.export(file));
  }

  sum(file: Uint8Array) {
    return sumOf(file);
  }

  get #engine(): Engine {
    if (!this.#loaded) throw new EngineError('the model has not loaded yet; wait a moment');
    return this.#loaded;
  }

  // A stop counts from here on, so that one while the text is read is not lost.
  #begin(plan: () => Planned['shape']): Planned {
    this.#control.stopped = false;
    const shape = plan();
    this.#steps = shape.steps;
    const memory = this.#engine.memory();
    this.#engine.begin();
    return { shape, memory };
  }
}
