// What can be chosen for the laptop before it is switched on: its elements, and what stands in them.
import type { Machine } from '../../../ts/guest/machine.ts';
import { type Preset, presets } from '../../../ts/program/train_options.ts';
import { laptopSettings } from '../../../ts/training/commands.ts';
import type { LaptopKit } from '../../../ts/web/laptop_kit.ts';
import { find, input, numberOf, say } from '../parts/dom.ts';
import type { OpenedFile } from '../parts/opened.ts';
import { downloadStories } from '../parts/stories.ts';
import type { Choice } from './order.ts';

const NAMES = ['laptop-machine', 'laptop-text', 'laptop-size'] as const;

export class LaptopChoices {
  readonly #machines: readonly Machine[];
  readonly #textOfTraining: () => OpenedFile | undefined;

  // textOfTraining: the text that is open in the other part, if any.
  constructor({ machines }: LaptopKit, textOfTraining: () => OpenedFile | undefined) {
    this.#machines = machines;
    this.#textOfTraining = textOfTraining;
    const rows = machines.map((machine) => {
      const { name, ramMb } = machine;
      return new Option(`${name}: ${processorOf(machine)}, ${ramMb} MB`, name);
    });
    select('laptop-machine').replaceChildren(...rows);
    const { layers, dim } = laptopSettings;
    const usual = new Option(`the usual: ${layers} layers of ${dim}`, '');
    const sizes = presets.map((name) => new Option(name));
    select('laptop-size').replaceChildren(usual, ...sizes);
    input('laptop-steps').value = String(laptopSettings.steps);
    select('laptop-machine').addEventListener('change', () => this.#show());
    this.#show();
    this.enable(true);
  }

  // What is chosen; throws in words where there is no text.
  async read(): Promise<Choice> {
    const size = select('laptop-size').value;
    return {
      machine: this.#machine(),
      text: await this.#text(),
      preset: presets.find((name): name is Preset => name === size),
      steps: numberOf('laptop-steps'),
    };
  }

  enable(enabled: boolean): void {
    for (const name of NAMES) select(name).disabled = !enabled;
    input('laptop-steps').disabled = !enabled;
  }

  get takesStories(): boolean {
    return select('laptop-text').value === 'stories';
  }

  // Whether it is what `npm run emu:train` does.
  isUsual({ machine, preset, steps }: Choice): boolean {
    const [first] = this.#machines;
    const usual = machine.name === first?.name && preset === undefined;
    return usual && this.takesStories && steps === laptopSettings.steps;
  }

  #machine(): Machine {
    const [first] = this.#machines;
    const chosen = this.#machines.find(({ name }) => name === select('laptop-machine').value);
    const machine = chosen ?? first;
    if (!machine) throw new Error('the page knows no laptop');
    return machine;
  }

  async #text(): Promise<OpenedFile> {
    if (this.takesStories) return downloadStories();
    const text = this.#textOfTraining();
    if (text) return text;
    throw new Error('there is no text under Train; paste or open one there, or take the stories');
  }

  #show(): void {
    const machine = this.#machine();
    const { build, title } = machine;
    const sse = build === 'p2' ? 'without SSE' : 'with SSE';
    const made = `the ${build} build is made for a ${processorOf(machine)}, ${sse}`;
    const usual = 'the usual size is that of npm run emu:train';
    say('laptop-about', `A ${title}; ${made}; ${usual}.`);
  }
}

function processorOf({ build }: Machine): string {
  return build === 'p2' ? 'Pentium II' : 'Pentium III';
}

function select(name: string): HTMLSelectElement {
  return find(name, HTMLSelectElement);
}
