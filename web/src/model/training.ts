// A training as the Worker runs it: steps until the end or until it is stopped, between which the
// Worker hears what it is asked. Everything is computed by the engine; a sample or a judgement on the
// way changes no bit.
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { defaultSampling, type Engine, type Step } from '../../../ts/engine/engine.ts';
import type { Event, MatrixPlace, Stopped, SummedFile, TextEnd, WriteOrder } from './protocol.ts';

// Between two reports to the page, which draws each.
const REPORT_MS = 120;
// Held-out tokens that a judgement on the way takes.
const JUDGED = 2048;
// Of a sample on the way.
const SAMPLE = { ...defaultSampling, prompt: '', tokens: 120 };

export interface Control {
  stopped: boolean;
  watched: MatrixPlace;
}

type Emit = (event: Event) => void;

// Trains up to so many steps in all. A stop that comes before the first of them stops it after that one,
// since no command makes a checkpoint without a step.
export async function train(
  engine: Engine,
  steps: number,
  control: Control,
  emit: Emit,
): Promise<Stopped> {
  const tenth = Math.max(1, Math.ceil(steps / 10));
  const report = new Report(engine, control, emit);
  while (engine.stepsDone < steps) {
    const step = engine.step();
    if (report.add(step)) await nextTask();
    if (step.step % tenth === 0 || step.step === steps) {
      report.send();
      await tellMore(engine, step.step, emit);
    }
    if (control.stopped) break;
  }
  report.send();
  const step = engine.stepsDone;
  return { step, ended: step >= steps, checkpoint: summed(engine.save()) };
}

// How well it predicts the held-out text by now, and how it writes.
async function tellMore(engine: Engine, step: number, emit: Emit): Promise<void> {
  emit({ kind: 'heldOut', step, losses: engine.evaluate(JUDGED) });
  engine.openModel(engine.save());
  let text = '';
  const take = (event: Event) => {
    if (event.kind === 'text') text += event.text;
  };
  await write(engine, SAMPLE, { stopped: false }, take);
  emit({ kind: 'sample', step, text });
}

// Writes a text with the opened model, piece by piece.
export async function write(
  engine: Engine,
  order: WriteOrder,
  control: { stopped: boolean },
  emit: Emit,
): Promise<TextEnd> {
  const decoder = new TextDecoder(); // a character may come in several pieces
  const until = new Deadline();
  engine.prompt(order.prompt);
  let text = '';
  for (let i = 0; i < order.tokens; i++) {
    const bytes = engine.write(order, i);
    if (bytes === undefined) return ended('document');
    text += decoder.decode(bytes, { stream: true });
    if (!until.passed()) continue;
    emit({ kind: 'text', text });
    text = '';
    await nextTask();
    if (control.stopped) return 'stopped';
  }
  return ended('tokens');

  function ended(why: TextEnd): TextEnd {
    emit({ kind: 'text', text: text + decoder.decode() });
    return why;
  }
}

// A file with its sum.
export function summed(bytes: Uint8Array<ArrayBuffer>): SummedFile {
  return { bytes, sha256: sumOf(bytes) };
}

export function sumOf(bytes: Uint8Array): string {
  return bytesToHex(sha256(bytes));
}

// Collects steps, and sends them when it is time.
class Report {
  readonly #until = new Deadline();
  #steps: Step[] = [];
  #since = performance.now();

  constructor(
    readonly engine: Engine,
    readonly control: Control,
    readonly emit: Emit,
  ) {}

  // Whether it was sent.
  add(step: Step): boolean {
    this.#steps.push(step);
    if (!this.#until.passed()) return false;
    this.send();
    return true;
  }

  send(): void {
    if (this.#steps.length === 0) return;
    const now = performance.now();
    const tokens = this.#steps.reduce((sum, step) => sum + step.tokens, 0);
    const { layer, which } = this.control.watched;
    this.emit({
      kind: 'steps',
      steps: this.#steps,
      tokensPerSecond: (1000 * tokens) / Math.max(1, now - this.#since),
      matrix: this.engine.matrix(layer, which),
    });
    this.#steps = [];
    this.#since = performance.now();
  }
}

// Passes every REPORT_MS.
class Deadline {
  #at = performance.now() + REPORT_MS;

  passed(): boolean {
    const now = performance.now();
    if (now < this.#at) return false;
    this.#at = now + REPORT_MS;
    return true;
  }
}

// Lets the Worker take its messages; a timer would be slowed down in a tab in the background.
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener('message', () => {
      port1.close();
      resolve();
    });
    port1.start();
    port2.postMessage(null);
  });
}
