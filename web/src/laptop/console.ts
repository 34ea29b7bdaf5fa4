// The console of a laptop that a person uses: its terminal, and commands that are typed for them.
import type { Machine } from '../../../ts/guest/machine.ts';
import { bytesOfText } from '../../../ts/support/bytes.ts';
import type { LaptopKit } from '../../../ts/web/laptop_kit.ts';
import { find } from '../parts/dom.ts';
import { loadBundled, loadEmulator, loadShellParts } from './kit.ts';
import { ShellLaptop } from './shell.ts';
import type { LaptopTerminal } from './terminal.ts';

// A training of half a minute.
const SMALL = '--preset tiny --steps 20 --out my.ckpt';
// What a person may try, where the laptop has the file that it needs.
const EXAMPLES: readonly { command: string; needs?: string }[] = [
  { command: 'legacy_llm generate --model model.ckpt', needs: '/model.ckpt' },
  { command: 'legacy_llm generate --seed 7' },
  { command: `legacy_llm train --text data/tiny_stories_sample.txt ${SMALL}` },
  { command: `legacy_llm train --text text.txt ${SMALL}`, needs: '/text.txt' },
  { command: 'legacy_llm generate --model my.ckpt' },
  { command: 'free; cat /proc/cpuinfo' },
];

export class LaptopConsole {
  readonly #place = find('laptop-console', HTMLElement);
  readonly #examples = find('laptop-examples', HTMLElement);
  #terminal: LaptopTerminal | undefined;
  #laptop: ShellLaptop | undefined;

  // Switches a laptop on with these files in it, by their paths inside, and waits until its shell ends.
  // onBegun: the shell waits for a command.
  async use(
    kit: LaptopKit,
    machine: Machine,
    files: Readonly<Record<string, Uint8Array>>,
    stop: AbortSignal,
    onBegun: () => void,
  ): Promise<void> {
    this.#place.hidden = false;
    const screen = await this.#begin();
    const [wasm, parts, bundled] = await Promise.all([
      loadEmulator(),
      loadShellParts(machine),
      loadBundled(),
    ]);
    stop.throwIfAborted();
    let begun = false; // before, the line carries the kernel's own words
    const laptop = new ShellLaptop({
      console: (bytes) => begun && this.#terminal?.write(bytes),
      begun: () => {
        begun = true;
        this.#enable(true);
        if (document.activeElement === document.body) this.#terminal?.focus(); // nobody is elsewhere
        onBegun();
      },
    });
    this.#laptop = laptop;
    this.#offer(files);
    try {
      await laptop.use(
        kit,
        { machine, parts, files: { ...bundled, ...files }, screen },
        wasm,
        stop,
      );
    } finally {
      this.#enable(false);
      this.#laptop = undefined;
      laptop.off();
    }
  }

  hide(): void {
    this.#place.hidden = true;
  }

  async #begin(): Promise<{ rows: number; columns: number }> {
    this.#terminal ??= await this.#load();
    this.#enable(false);
    return this.#terminal.begin();
  }

  async #load(): Promise<LaptopTerminal> {
    const { LaptopTerminal } = await import('./terminal.ts');
    return new LaptopTerminal(find('laptop-terminal', HTMLElement), 'laptop-keys', {
      typed: (bytes) => this.#laptop?.type(bytes),
      leave: () => this.#examples.querySelector('button')?.focus(),
    });
  }

  // Each example as a button that types it.
  #offer(files: Readonly<Record<string, Uint8Array>>): void {
    const fitting = EXAMPLES.filter(({ needs }) => needs === undefined || needs in files);
    const buttons = fitting.map(({ command }) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.disabled = true;
      const code = document.createElement('code');
      code.textContent = command;
      button.append(code);
      button.addEventListener('click', () => this.#laptop?.type(bytesOfText(`${command}\r`)));
      return button;
    });
    this.#examples.replaceChildren(...buttons);
  }

  #enable(enabled: boolean): void {
    this.#terminal?.enable(enabled);
    for (const button of this.#examples.querySelectorAll('button')) button.disabled = !enabled;
  }
}
