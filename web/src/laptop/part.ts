// The part of the page that is the laptop: its screen, the loss as it trains, and in the end its
// checkpoint, with the SHA-256 and the instructions that `npm run emu:train -- --no-story` has, too. Or its
// console, where a person uses it.

import { parseEvent, type StepEvent } from '../../../ts/program/events.ts';
import { kilobytes } from '../../../ts/support/sizes.ts';
import { TEXT } from '../../../ts/training/commands.ts';
import type { LaptopKit } from '../../../ts/web/laptop_kit.ts';
import { ModelWorker } from '../model/client.ts';
import { LossChart } from '../parts/chart.ts';
import { button, find, formatLoss, formatWhole, say, wordsOf } from '../parts/dom.ts';
import { save } from '../parts/files.ts';
import type { OpenedFile } from '../parts/opened.ts';
import { LaptopChoices } from './choices.ts';
import { LaptopConsole } from './console.ts';
import { type Boot, Laptop, type Listener } from './machine.ts';
import { clearMemory, showMemory } from './memory.ts';
import {
  CHECKPOINT,
  type Choice,
  checkMemoryFits,
  checkTextFits,
  commandOf,
  planOf,
  SAMPLE,
} from './order.ts';
import { HostSpeed } from './speed.ts';

// Lines that its screen keeps.
const SCREEN_LINES = 150;
// What is said of one boot.
const FACTS = [
  ...['step', 'loss', 'speed', 'peak', 'training', 'per-token', 'instructions', 'sum', 'sample'],
  'command',
];

/** What `npm run emu:train -- --no-story` measured. */
export interface Measured {
  checkpoint: string;
  /** For each token, with no story to follow. */
  instructions_alone: number;
}

export class LaptopPart {
  readonly #kit: LaptopKit;
  readonly #measured: Measured;
  readonly #screen = find('laptop-screen', HTMLElement);
  readonly #chart = new LossChart('laptop-chart');
  readonly #console = new LaptopConsole();
  #lines: string[] = [];
  readonly #choices: LaptopChoices;
  #stop = new AbortController();
  #laptop: Laptop | undefined;
  #paused = false;
  #speed = new HostSpeed();
  #tokens = 0;
  #checkpoint: Uint8Array<ArrayBuffer> | undefined;

  /** What writes with its checkpoint. */
  onCheckpoint: (name: string, bytes: Uint8Array<ArrayBuffer>) => void = () => {};

  constructor(kit: LaptopKit, measured: Measured, textOfTraining: () => OpenedFile | undefined) {
    this.#kit = kit;
    this.#measured = measured;
    this.#choices = new LaptopChoices(kit, textOfTraining);
    this.#connect();
    this.#enable(false);
  }

  #connect(): void {
    find('laptop-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#switchOn(() => this.#trainAndShow());
    });
    button('laptop-use').addEventListener('click', () => void this.#switchOn(() => this.#use()));
    button('laptop-stop').addEventListener('click', () => this.#stop.abort());
    button('laptop-pause').addEventListener('click', () => {
      button('laptop-pause').disabled = true; // until it has answered
      if (this.#paused) this.#laptop?.goOn();
      else this.#laptop?.pause();
    });
    button('laptop-save').addEventListener('click', () => {
      if (this.#checkpoint) save({ name: 'laptop.ckpt', bytes: this.#checkpoint });
    });
    button('laptop-hand').addEventListener('click', () => {
      if (this.#checkpoint) this.onCheckpoint('the checkpoint of the laptop', this.#checkpoint);
    });
  }

  // From a button to what came of it, or to one line why not.
  async #switchOn(work: () => Promise<void>): Promise<void> {
    this.#stop = new AbortController();
    this.#enable(true);
    try {
      await work();
    } catch (error) {
      const stopped = this.#stop.signal.aborted;
      say('laptop-status', stopped ? 'Switched off.' : `This did not work: ${wordsOf(error)}.`);
    }
    this.#enable(false);
  }

  async #trainAndShow(): Promise<void> {
    say('laptop-status', 'Looking whether it fits…');
    const choice = await this.#choices.read();
    await this.#checkFits(choice);
    this.#clear(); // only now: what is refused leaves the last checkpoint there
    this.#console.hide();
    find('laptop-results', HTMLElement).hidden = false;
    say('laptop-command', commandOf(choice, this.#choices.takesStories));
    say('laptop-status', 'Loading the laptop, and switching it on…');
    await this.#showEnd(choice, await this.#train(choice));
  }

  // A laptop with a shell, and in it what was trained last and the text that is chosen.
  async #use(): Promise<void> {
    const { machine, text } = await this.#choices.read();
    checkTextFits({ machine, text });
    const files = {
      ...(this.#checkpoint && { [CHECKPOINT]: this.#checkpoint }),
      ...(this.#choices.takesStories ? {} : { [`/${TEXT}`]: text.bytes }),
    };
    say('laptop-status', 'Loading the laptop, and switching it on…');
    await this.#console.use(this.#kit, machine, files, this.#stop.signal, () =>
      say('laptop-status', 'The laptop is on: its console waits for what you type.'),
    );
    say('laptop-status', 'The laptop has switched itself off.');
  }

  // The library says what the training takes and whether the text is one.
  async #checkFits(choice: Choice): Promise<void> {
    this.#stop.signal.throwIfAborted();
    checkTextFits(choice);
    const size = await this.#ask((library) => library.call('size', planOf(choice)));
    checkMemoryFits(choice, size);
  }

  // Asks the library something, in a Worker that is ended again: one that waits would take time from the
  // laptop.
  async #ask<Answer>(question: (library: ModelWorker) => Promise<Answer>): Promise<Answer> {
    const library = new ModelWorker('wasm-simd');
    const end = () => library.end();
    this.#stop.signal.addEventListener('abort', end);
    try {
      return await question(library);
    } finally {
      this.#stop.signal.removeEventListener('abort', end);
      end();
    }
  }

  async #train(choice: Choice): Promise<Boot> {
    const laptop = new Laptop(this.#listener(choice));
    this.#laptop = laptop;
    try {
      return await laptop.boot(this.#kit, choice, this.#stop.signal);
    } finally {
      this.#laptop = undefined;
      laptop.off();
    }
  }

  #listener({ machine }: Choice): Listener {
    const pause = button('laptop-pause');
    const answered = (paused: boolean, words: string, instructions: number) => {
      this.#paused = paused;
      pause.disabled = false;
      pause.textContent = paused ? 'Go on' : 'Pause';
      this.#speed.again();
      say('laptop-status', `${words} after ${formatWhole(instructions)} instructions.`);
    };
    return {
      kernel: (line) => {
        if (this.#lines.length === 0) pause.disabled = false;
        this.#show(line);
      },
      stdout: (line) => this.#hear(line, machine.ramMb),
      phase: (words) => say('laptop-status', `The laptop is ${words}.`),
      paused: (instructions) => answered(true, 'Paused', instructions),
      goingOn: (instructions) => answered(false, 'Going on', instructions),
    };
  }

  #clear(): void {
    this.#lines = [];
    this.#chart.clear();
    this.#speed.again();
    this.#paused = false;
    this.#tokens = 0;
    this.#checkpoint = undefined;
    button('laptop-pause').textContent = 'Pause';
    for (const name of FACTS) say(`laptop-${name}`, '–');
    clearMemory();
  }

  #show(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > SCREEN_LINES) this.#lines.shift();
    this.#screen.textContent = this.#lines.join('\n');
    this.#screen.scrollTop = this.#screen.scrollHeight;
  }

  // The program says in JSON what it does.
  #hear(line: string, ramMb: number): void {
    this.#show(line);
    const event = parseEvent(line);
    if (event?.event === 'plan') showMemory(event, ramMb);
    if (event?.event === 'step') this.#showStep(event);
  }

  #showStep({ step, steps, loss, tokens }: StepEvent): void {
    this.#tokens = tokens;
    this.#chart.addStep(step, Number(loss));
    say('laptop-step', `${step} of ${steps}`);
    say('laptop-loss', formatLoss(Number(loss)));
    const speed = this.#speed.at(tokens);
    if (speed !== undefined) say('laptop-speed', formatWhole(speed));
  }

  async #showEnd(choice: Choice, { runs, outputs, totalInstructions }: Boot): Promise<void> {
    const failed = runs.find(({ exitCode }) => exitCode !== 0);
    if (failed) throw new Error(`the program failed: ${failed.stderr.trim()}`);
    const [training] = runs;
    const checkpoint = new Uint8Array(outputs.get(CHECKPOINT) ?? []);
    this.#checkpoint = checkpoint;
    const sum = await this.#ask((library) => library.call('sum', checkpoint));
    const instructions = training?.instructions ?? 0;
    const perToken = Math.round(instructions / this.#tokens);
    say('laptop-sum', sum);
    say('laptop-instructions', formatWhole(totalInstructions));
    say('laptop-training', formatWhole(instructions));
    say('laptop-per-token', formatWhole(perToken));
    say('laptop-peak', kilobytes((training?.maxRssKb ?? 0) * 1024));
    say('laptop-sample', new TextDecoder().decode(outputs.get(SAMPLE)));
    say('laptop-status', `The laptop is done: ${this.#verdict(choice, sum, perToken)}.`);
  }

  // How it compares with what was measured, where that is the same training.
  #verdict(choice: Choice, sum: string, perToken: number): string {
    const { checkpoint, instructions_alone } = this.#measured;
    if (!this.#choices.isUsual(choice)) return 'the command below makes the same file';
    return sum === checkpoint && perToken === instructions_alone
      ? 'the hash and the instructions of npm run emu:train -- --no-story'
      : 'its hash or instructions differ from those that were measured, which is a mistake';
  }

  #enable(runs: boolean): void {
    for (const name of ['laptop-start', 'laptop-use']) button(name).disabled = runs;
    button('laptop-stop').disabled = !runs;
    button('laptop-pause').disabled = true; // until its kernel speaks
    this.#choices.enable(!runs);
    button('laptop-save').disabled = runs || !this.#checkpoint;
    button('laptop-hand').disabled = runs || !this.#checkpoint;
  }
}
