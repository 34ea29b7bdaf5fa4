// What QEMU, v86 and Bochs have in common: a computer that boots an image and has a serial line.

// How an image stands in a computer.
export type Drive = 'floppy' | 'cd' | 'disk' | 'usb';

export interface ComputerSetup {
  ramMb: number;
  cpu: 'pentium2' | 'pentium3';
  image: string;
  drive: Drive;
  /** A floppy disk, hard disk or stick beside it, to keep models on. */
  other?: { image: string; drive: Exclude<Drive, 'cd'> };
}

// A computer that is on; what it writes on its serial line goes to the conversation.
export interface Computer {
  /** Types on the terminal at the serial line. */
  type(keys: string): void;
  /** Switches it off. */
  stop(): Promise<void>;
}

// What a person at its screen could do as well.
export interface ComputerWithScreen extends Computer {
  /** Presses keys of its keyboard, by QEMU's names. */
  press(keys: readonly string[]): Promise<void>;
  /** The text on the screen, and what is left of the screens before. */
  readScreen(): Promise<string>;
  /** Writes the picture on the screen as a PNG. */
  photograph(file: string): Promise<void>;
}
