// Reads what emu/init.c says: frames of bytes through one I/O port, in the format drawn there.

// The I/O port that carries the frames: the debug console of Bochs and QEMU.
export const CHANNEL_PORT = 0xe9;

const KINDS = [
  'cpuinfo',
  'meminfo',
  'ready',
  'start',
  'out',
  'err',
  'exit',
  'file',
  'sent',
  'lost',
  'done',
] as const;
// What a frame tells.
export type FrameKind = (typeof KINDS)[number];

// One message of the guest, with the instructions that it had carried out by then.
export interface Frame {
  kind: FrameKind;
  /** Number of the command or of the result file. */
  index: number;
  bytes: Uint8Array;
  /** Guest instructions executed when the frame began. */
  instructions: number;
}

const NEWLINE = 10;
const MAX_HEAD = 128;
const MAX_LENGTH = 1 << 20;

// Collects bytes into frames. Anything that is not a frame of this boot's token is an error.
export class FrameReader {
  readonly #opening: string;
  readonly #instructions: () => number;
  readonly #receive: (frame: Frame) => void;
  #head = '';
  #frame: Frame | undefined;
  #filled = 0;

  constructor(token: string, instructions: () => number, receive: (frame: Frame) => void) {
    this.#opening = `@${token} `;
    this.#instructions = instructions;
    this.#receive = receive;
  }

  push(byte: number): void {
    if (this.#frame) {
      this.#frame.bytes[this.#filled++] = byte;
    } else if (byte === NEWLINE) {
      this.#begin();
    } else {
      this.#head += String.fromCharCode(byte);
      if (this.#head.length > MAX_HEAD) throw this.#bad();
    }
    this.#deliverIfWhole();
  }

  #begin(): void {
    const words = this.#head.slice(this.#opening.length).split(' ');
    const kind = KINDS.find((known) => known === words[0]);
    const [index, length] = words.slice(1).map(Number);
    const plain = /^[a-z]+ \d+ \d+$/.test(words.join(' '));
    if (!this.#head.startsWith(this.#opening) || !plain || kind === undefined) throw this.#bad();
    if (index === undefined || length === undefined || length > MAX_LENGTH) throw this.#bad();
    const instructions = this.#instructions();
    this.#frame = { kind, index, bytes: new Uint8Array(length), instructions };
    this.#head = '';
    this.#filled = 0;
  }

  #deliverIfWhole(): void {
    const frame = this.#frame;
    if (!frame || this.#filled < frame.bytes.length) return;
    this.#frame = undefined;
    this.#receive(frame);
  }

  #bad(): Error {
    return new Error(`the guest sent data that is not a frame: ${this.#head}`);
  }
}
