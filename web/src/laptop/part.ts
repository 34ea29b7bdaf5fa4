// The part of the page that is the laptop: its screen, the loss as it trains, and in the end its
// checkpoint, with the SHA-256 and the instructions that `npm run emu:train -- --no-story` has, too.

import type { LaptopKit } from '../../../ts/web/laptop_kit.ts';
import { LossChart } from '../parts/chart.ts';
import { button, find, formatLoss, formatWhole, say, wordsOf } from '../parts/dom.ts';
import { save } from '../parts/files.ts';
import { type Boot, bootLaptop } from './machine.ts';

// Lines that its screen keeps.
const SCREEN_LINES = 400;
const CHECKPOINT = '/model.ckpt';
const SAMPLE = '/model.txt';

/** What `npm run emu:train -- --no-story` measured. */
export interface Measured {
  checkpoint: string;
  /** For each token, with no story to follow. */
  instructions_alone: number;
}

export class LaptopPart {
  readonly #kit: LaptopKit;
  readonly #measured: Measured;
  readonly #sum: (bytes: Uint8Array) => Promise<string>;
  readonly #screen = find('laptop-screen', HTMLElement);
  readonly #chart = new LossChart('laptop-chart');
  #lines: string[] = [];
  #stop = new AbortController();
  #checkpoint: Uint8Array<ArrayBuffer> | undefined;

  /** What writes with its checkpoint. */
  onCheckpoint: (name: string, bytes: Uint8Array<ArrayBuffer>) => void = () => {};

  constructor(kit: LaptopKit, measured: Measured, sum: (bytes: Uint8Array) => Promise<string>) {
    this.#kit = kit;
    this.#measured = measured;
    this.#sum = sum;
    say('laptop-title', kit.title);
    button('laptop-start').disabled = false;
    button('laptop-start').addEventListener('click', () => void this.#boot());
    button('laptop-stop').addEventListener('click', () => this.#stop.abort());
    button('laptop-save').addEventListener('click', () => {
      if (this.#checkpoint) save({ name: 'laptop.ckpt', bytes: this.#checkpoint });
    });
    button('laptop-hand').addEventListener('click', () => {
      if (this.#checkpoint) this.onCheckpoint('the checkpoint of the laptop', this.#checkpoint);
    });
  }

  async #boot(): Promise<void> {
    this.#stop = new AbortController();
    this.#lines = [];
    this.#chart.clear();
    this.#enable(true);
    say('laptop-status', 'Loading the laptop, and switching it on…');
    const listener = {
      kernel: (line: string) => this.#show(line),
      stdout: (line: string) => this.#hear(line),
      phase: (words: string) => say('laptop-status', `The laptop is ${words}.`),
    };
    try {
      await this.#showEnd(await bootLaptop(this.#kit, listener, this.#stop.signal));
    } catch (error) {
      const stopped = this.#stop.signal.aborted;
      say('laptop-status', stopped ? 'Switched off.' : `This did not work: ${wordsOf(error)}.`);
    }
    this.#enable(false);
  }

  #show(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > SCREEN_LINES) this.#lines.shift();
    this.#screen.textContent = this.#lines.join('\n');
    this.#screen.scrollTop = this.#screen.scrollHeight;
  }

  // The program says in JSON what it does.
  #hear(line: string): void {
    this.#show(line);
    const event = parse(line);
    if (event.event === 'plan') say('laptop-memory', `${megabytes(event.arena_bytes)} planned`);
    if (event.event !== 'step') return;
    const [step, loss] = [Number(event.step), Number(event.loss)];
    this.#chart.addStep(step, loss);
    say('laptop-step', `${step} of ${this.#kit.steps}`);
    say('laptop-loss', formatLoss(loss));
  }

  async #showEnd({ runs, outputs, totalInstructions }: Boot): Promise<void> {
    const failed = runs.find(({ exitCode }) => exitCode !== 0);
    if (failed) throw new Error(`the program failed: ${failed.stderr.trim()}`);
    this.#checkpoint = new Uint8Array(outputs.get(CHECKPOINT) ?? []);
    const sum = await this.#sum(this.#checkpoint);
    const training = runs[0]?.instructions ?? 0;
    const perToken = Math.round(training / (this.#kit.steps * this.#kit.tokensOfStep));
    say('laptop-sum', sum);
    say('laptop-instructions', formatWhole(totalInstructions));
    say('laptop-training', formatWhole(training));
    say('laptop-per-token', formatWhole(perToken));
    say('laptop-sample', new TextDecoder().decode(outputs.get(SAMPLE)));
    const { checkpoint, instructions_alone } = this.#measured;
    const equal = sum === checkpoint && perToken === instructions_alone;
    const verdict = equal
      ? 'the hash and the instructions of npm run emu:train -- --no-story'
      : 'its own hash';
    say('laptop-status', `The laptop is done: ${verdict}.`);
  }

  #enable(runs: boolean): void {
    button('laptop-start').disabled = runs;
    button('laptop-stop').disabled = !runs;
    button('laptop-save').disabled = runs || !this.#checkpoint;
    button('laptop-hand').disabled = runs || !this.#checkpoint;
  }
}

function parse(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line);
  } catch {
    return {};
  }
}

function megabytes(bytes: unknown): string {
  return `${(Number(bytes) / 1e6).toFixed(2)} MB`;
}
