// The terminal that is the console of a laptop: xterm.js, which a screen reader can read and the keyboard
// can leave. It is loaded when a laptop is used, not before.
import '@xterm/xterm/css/xterm.css';
import { FitAddon } from '@xterm/addon-fit';
import { type ITheme, Terminal } from '@xterm/xterm';
import { bytesOfText } from '../../../ts/support/bytes.ts';
import { colour } from '../parts/dom.ts';

// As many as a laptop of its time shows, where there is room.
const MOST_COLUMNS = 80;
const LEAST_COLUMNS = 20;
const ROWS = 25;
const KEPT_LINES = 2000;

// The colours that programs name, each of which stands out on the ground of the screen.
const PALETTE: ITheme = {
  ...{ black: '#8b958d', red: '#ff8f85', green: '#7fd78f', yellow: '#e6cf6a' },
  ...{ blue: '#8db8ff', magenta: '#e3a3ee', cyan: '#7fd5dc', white: '#dfe6e0' },
  ...{ brightBlack: '#a6b0a8', brightRed: '#ffaaa2', brightGreen: '#a2e8ad' },
  ...{ brightYellow: '#f2e08c', brightBlue: '#b1ceff', brightMagenta: '#f0c0f7' },
  ...{ brightCyan: '#a5e8ee', brightWhite: '#ffffff' },
};

/** Whom the terminal tells. */
export interface Typist {
  typed(bytes: Uint8Array): void;
  /** The person wants to go on with what stands behind it. */
  leave(): void;
}

export class LaptopTerminal {
  readonly #terminal: Terminal;
  readonly #fit = new FitAddon();

  // place: an element that is shown. described: the name of the one that tells the keys.
  constructor(place: HTMLElement, described: string, typist: Typist) {
    const [ink, ground] = [colour('screen-ink'), colour('screen-ground')];
    this.#terminal = new Terminal({
      screenReaderMode: true,
      fontFamily: 'ui-monospace, monospace',
      fontSize: 13,
      scrollback: KEPT_LINES,
      theme: { ...PALETTE, foreground: ink, background: ground, cursor: ink, cursorAccent: ground },
    });
    this.#terminal.loadAddon(this.#fit);
    this.#terminal.attachCustomKeyEventHandler((event) => this.#takes(event, typist));
    this.#terminal.onData((text) => typist.typed(bytesOfText(text)));
    this.#terminal.open(place);
    this.#terminal.textarea?.setAttribute('aria-label', 'Console of the laptop');
    this.#terminal.textarea?.setAttribute('aria-describedby', described);
  }

  // Empties it for a laptop that is switched on, in the size that it then has for as long as that is on.
  begin(): { rows: number; columns: number } {
    const room = this.#fit.proposeDimensions()?.cols ?? MOST_COLUMNS;
    const columns = Math.max(LEAST_COLUMNS, Math.min(MOST_COLUMNS, room));
    this.#terminal.reset();
    this.#terminal.resize(columns, ROWS);
    return { rows: ROWS, columns };
  }

  write(bytes: Uint8Array): void {
    this.#terminal.write(bytes);
  }

  // Whether there is somebody to type to.
  enable(enabled: boolean): void {
    this.#terminal.options.disableStdin = !enabled;
  }

  focus(): void {
    this.#terminal.focus();
  }

  // Whether a key is the laptop's. Tab is, while it is on; Shift+Tab goes back and Ctrl+] goes on.
  #takes(event: KeyboardEvent, { leave }: Typist): boolean {
    if (event.key === 'Tab') return !event.shiftKey && !this.#terminal.options.disableStdin;
    if (!event.ctrlKey || event.key !== ']') return true;
    event.preventDefault();
    if (event.type === 'keydown') leave();
    return false;
  }
}
