// Starts an emulator of a PC that is a program of its own. The machine starts from a ROM (rom.ts);
// its debug console, I/O port 0xE9, is the emulator's standard output; its serial port is a file.
// Which emulator, and how it is called, is a row (bochs.ts, qemu.ts). None of them counts
// instructions: the frames say NaN.
import { type FileHandle, open, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { endingWithUs } from '../../scripts/child.mjs';
import { onPath } from '../../scripts/requirements.mjs';
import { missingCommand } from '../support/exec.ts';
import { withScratch } from '../support/scratch.ts';
import { FrameReader } from './channel.ts';
import { lineCollector } from './lines.ts';
import type { Machine } from './machines.ts';
import type { Emulator, Ended, MachineMessage, PowerOn } from './protocol.ts';
import { bootRom } from './rom.ts';

// The names of the files in the folder in which the emulator is started.
export const FILES = { rom: 'rom.bin', serial: 'serial.txt' } as const;

// How an emulator is called.
export interface PcEmulator {
  command: string;
  /** Its arguments; files are named as they are in its folder. */
  args: (machine: Machine) => readonly string[];
  /** What lies in its folder beside the ROM. */
  files: (machine: Machine) => Readonly<Record<string, string | Uint8Array>>;
  /** What a person should see of its standard error. */
  lastWords: (stderr: string) => string;
}

// The last line of what an emulator said.
export function lastLine(stderr: string): string {
  return stderr.trim().split('\n').at(-1) ?? '';
}

// How often the file of the serial port is read.
const READ_MS = 100;

// The emulator of a row.
export function startPc(row: PcEmulator): Emulator {
  return (on, receive, stop) =>
    withScratch(row.command, async (folder) => {
      const { machine, boot, token } = on;
      const files = { ...row.files(machine), [FILES.rom]: bootRom(boot), [FILES.serial]: '' };
      for (const [name, data] of Object.entries(files)) {
        await writeFile(path.join(folder, name), data);
      }
      const serial = new SerialReader(await open(path.join(folder, FILES.serial)), receive);
      try {
        return await runProgram(row, folder, { machine, token }, receive, stop);
      } finally {
        await serial.close();
      }
    });
}

// Runs the program to its end.
async function runProgram(
  { command, args, lastWords }: PcEmulator,
  cwd: string,
  { machine, token }: Pick<PowerOn, 'machine' | 'token'>,
  receive: (message: MachineMessage) => void,
  stop: AbortSignal,
): Promise<Ended> {
  if (!onPath(command)) throw missingCommand(command, ` (needed for ${machine.name})`);
  const [file, ...words] = [...endingWithUs('KILL'), command, ...args(machine)];
  const child = execa(file as string, words, {
    ...{ cwd, reject: false, encoding: 'buffer', buffer: { stdout: false, stderr: true } },
    ...{ stdin: 'ignore', cancelSignal: stop, killSignal: 'SIGKILL' },
  });
  const frames = frameStream(token, receive);
  child.stdout.on('data', frames);
  const { exitCode, signal, code, stderr } = await child;
  const said = Buffer.from(stderr).toString();
  return { how: String(signal ?? exitCode ?? code), words: lastWords(said) };
}

// Takes what comes on standard output apart into frames. What the emulator itself says comes before
// the first of them.
export function frameStream(
  token: string,
  receive: (message: MachineMessage) => void,
): (data: Buffer) => void {
  const uncounted = () => Number.NaN;
  const reader = new FrameReader(token, uncounted, (frame) => receive({ type: 'frame', frame }));
  let talk: Buffer | undefined = Buffer.alloc(0);
  return (data) => {
    let bytes = data;
    if (talk) {
      talk = Buffer.concat([talk, data]);
      const at = talk.indexOf(`@${token} `);
      if (at < 0) return;
      bytes = talk.subarray(at);
      talk = undefined;
    }
    try {
      for (const byte of bytes) reader.push(byte);
    } catch (error) {
      receive({ type: 'fault', message: error instanceof Error ? error.message : String(error) });
    }
  };
}

// Reads what is added to the file of the serial port, and passes it on line by line.
class SerialReader {
  readonly #file: FileHandle;
  readonly #push: (byte: number) => void;
  readonly #timer: NodeJS.Timeout;
  #at = 0;
  #reading: Promise<void> = Promise.resolve();

  constructor(file: FileHandle, receive: (message: MachineMessage) => void) {
    this.#file = file;
    this.#push = lineCollector((line) => receive({ type: 'kernel', line }));
    this.#timer = setInterval(() => void this.#read(), READ_MS);
  }

  // Reads what is left.
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#read();
    await this.#file.close();
  }

  // One reading after the other.
  #read(): Promise<void> {
    this.#reading = this.#reading.then(() => this.#readNew());
    return this.#reading;
  }

  async #readNew(): Promise<void> {
    const piece = Buffer.alloc(4096);
    for (;;) {
      const { bytesRead } = await this.#file.read(piece, 0, piece.length, this.#at);
      if (bytesRead === 0) return;
      this.#at += bytesRead;
      for (const byte of piece.subarray(0, bytesRead)) this.#push(byte);
    }
  }
}
