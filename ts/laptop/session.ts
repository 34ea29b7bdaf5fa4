// A person at a laptop: the console of this process is that of the laptop, until its shell ends.
import { constants } from 'node:os';
import type { Frame } from '../guest/channel.ts';
import { checkFacts, parseCpuinfo, parseMeminfo } from '../guest/facts.ts';
import type { Machine } from '../guest/machines.ts';
import { multibootImage } from '../guest/multiboot.ts';
import { newToken } from '../guest/run.ts';
import { parseExit, Transcript } from '../guest/transcript.ts';
import { sha256File } from '../support/hash.ts';
import type { Progress } from '../support/progress.ts';
import { laptopContents } from './contents.ts';
import { type FileSystem, fileSystems } from './disk_image.ts';
import type { LaptopStart } from './protocol.ts';
import { type Console, SHELL } from './shell_boot.ts';
import { readSnapshot, type SnapshotPlace, writeSnapshot } from './snapshot.ts';
import { type Laptop, startLaptop } from './start.ts';

// What a person wants to sit at.
export interface SessionSettings {
  machine: Machine;
  disk?: { file: string; fileSystem: FileSystem } | undefined;
  load?: string | undefined;
  save?: string | undefined;
  jit: boolean;
}

// Where the person sits; a test hands in its own.
export interface Seat {
  input: NodeJS.ReadStream;
  output: NodeJS.WritableStream & { rows?: number; columns?: number };
  errors: NodeJS.WritableStream;
}

// Ctrl-], as telnet has it: leaves the laptop as it is.
export const ESCAPE_KEY = 0x1d;

// What emu/shell.c reads on a line that is an input.
const LINE_ESCAPE = 0x10;
const LINE_END = 0x04;

// Of a terminal that does not know its own size.
const SCREEN = { rows: 25, columns: 80 };
// What emu/shell.c says before the shell begins.
const FROM_INIT = /^init: (.*)$/gm;

// Sits there until the shell ends or the person leaves. Gives the exit code of the shell, 0 for one
// that was left. `switchOn`: a test hands in its own.
export async function sitAtLaptop(
  settings: SessionSettings,
  seat: Seat,
  progress: Progress,
  switchOn = startLaptop,
): Promise<number> {
  const isTerminal = seat.input.isTTY === true;
  const place = await placeOf(settings, isTerminal ? 'terminal' : 'input');
  const { order, token } = await orderOf(settings, place, consoleOf(seat, isTerminal), progress);
  const session = new Session(settings, seat, place, token, progress);
  return session.run(order, switchOn);
}

function consoleOf({ output }: Seat, isTerminal: boolean): Console {
  if (!isTerminal) return { kind: 'input' };
  const { rows, columns } = output;
  return { kind: 'terminal', rows: rows || SCREEN.rows, columns: columns || SCREEN.columns };
}

async function placeOf(
  { machine, disk, load }: SessionSettings,
  console: SnapshotPlace['console'],
): Promise<SnapshotPlace> {
  const sum = disk && load !== undefined ? await sha256File(disk.file) : undefined;
  return { machine, console, disk: sum };
}

async function orderOf(
  { machine, disk, load, jit }: SessionSettings,
  place: SnapshotPlace,
  console: Console,
  progress: Progress,
): Promise<{ order: Omit<LaptopStart, 'type' | 'token'>; token: string }> {
  const { cpu, mips, ramMb } = machine;
  const common = {
    ...{ cpu, mips, jit, clock: 'host' as const, ramBytes: ramMb * 1024 * 1024 },
    ...(disk && { disk: { file: disk.file, drive: fileSystems[disk.fileSystem].drive } }),
  };
  if (load !== undefined) {
    const { token, state } = await readSnapshot(load, place);
    return { order: { ...common, from: { state } }, token };
  }
  const token = newToken();
  const fileSystem = disk?.fileSystem;
  const command = [SHELL];
  const boot = await laptopContents(
    { machine, token, console, command, fileSystem, bundled: true },
    progress,
  );
  return { order: { ...common, from: { image: multibootImage(boot) } }, token };
}

class Session {
  readonly #settings: SessionSettings;
  readonly #seat: Seat;
  readonly #place: SnapshotPlace;
  readonly #token: string;
  readonly #progress: Progress;
  readonly #transcript: Transcript;
  #laptop: Laptop | undefined;
  #begun: boolean;
  #inputs = 0;
  #inputEnded = false;
  #saved = false;
  #log = '';
  #code = 0;

  constructor(
    settings: SessionSettings,
    seat: Seat,
    place: SnapshotPlace,
    token: string,
    progress: Progress,
  ) {
    this.#settings = settings;
    this.#seat = seat;
    this.#place = place;
    this.#token = token;
    this.#progress = progress;
    this.#begun = settings.load !== undefined;
    this.#transcript = new Transcript(1, { outputs: [] });
    this.#transcript.onFacts = (cpuinfo, meminfo) => {
      checkFacts(settings.machine, parseCpuinfo(cpuinfo), parseMeminfo(meminfo));
    };
  }

  async run(
    order: Omit<LaptopStart, 'type' | 'token'>,
    switchOn: typeof startLaptop,
  ): Promise<number> {
    if (!this.#begun) this.#progress.update('booting');
    this.#laptop = switchOn(
      { ...order, token: this.#token },
      {
        onFrame: (frame) => this.#hear(frame),
        onConsole: (bytes) => this.#show(bytes),
        onIdle: (inputs) => void this.#idle(inputs),
        atTerminal: this.#place.console === 'terminal',
      },
    );
    if (this.#begun) this.#open();
    try {
      const end = await this.#laptop.ended;
      if (end === 'left') return 0;
      this.#sayUnsaved();
      return this.#code;
    } finally {
      this.#close();
    }
  }

  // A laptop that is off has no state.
  #sayUnsaved(): void {
    const { save } = this.#settings;
    if (save === undefined) return;
    this.#progress.line(`no snapshot ${save}: the shell ended, which switched the laptop off`);
  }

  // ---- what the laptop says ----

  #hear(frame: Frame): void {
    switch (frame.kind) {
      case 'out':
        this.#seat.output.write(frame.bytes);
        return;
      case 'err':
        this.#seat.errors.write(frame.bytes);
        return;
      case 'exit':
        this.#code = exitCode(frame.bytes);
        return;
      case 'cpuinfo':
      case 'meminfo':
      case 'start':
        this.#transcript.receive(frame);
        if (frame.kind === 'start') this.#begin();
    }
  }

  #begin(): void {
    this.#begun = true;
    this.#progress.clear();
    for (const [, words] of this.#log.matchAll(FROM_INIT))
      this.#progress.line(`the laptop: ${words}`);
    this.#open();
  }

  // Before the shell has begun, the line carries the kernel's own words.
  #show(bytes: Uint8Array): void {
    if (!this.#begun) this.#log += Buffer.from(bytes).toString('latin1').replaceAll('\r', '');
    else if (this.#place.console === 'terminal') this.#seat.output.write(bytes);
  }

  // ---- what the person says ----

  #open(): void {
    const { input } = this.#seat;
    if (this.#place.console === 'terminal') {
      input.setRawMode(true);
      this.#progress.line('Ctrl-] leaves the laptop as it is; exit switches it off.');
    }
    input.on('data', this.#type);
    input.on('end', this.#end);
    input.resume();
  }

  #close(): void {
    const { input } = this.#seat;
    input.off('data', this.#type);
    input.off('end', this.#end);
    if (this.#place.console === 'terminal') input.setRawMode(false);
    input.pause();
    this.#progress.clear();
  }

  readonly #type = (data: Buffer | string): void => {
    const bytes = Buffer.from(data);
    if (this.#place.console !== 'terminal') {
      this.#send(escaped(bytes));
      return;
    }
    const at = bytes.indexOf(ESCAPE_KEY);
    this.#send(at < 0 ? bytes : bytes.subarray(0, at));
    if (at >= 0) void this.#leave();
  };

  // Without --save the end of the input is the laptop's, too.
  readonly #end = (): void => {
    this.#inputEnded = true;
    if (this.#settings.save !== undefined && this.#place.console === 'input') return;
    if (this.#place.console === 'terminal') void this.#leave();
    else this.#send(Buffer.from([LINE_ESCAPE, LINE_END]));
  };

  #send(bytes: Uint8Array): void {
    this.#inputs++;
    this.#laptop?.input(bytes);
  }

  // A laptop that has taken fewer inputs than were sent has not yet seen the last ones.
  async #idle(inputs: number): Promise<void> {
    const isTaken = inputs === this.#inputs;
    const isOver = isTaken && this.#inputEnded && this.#settings.save !== undefined;
    if (isOver && this.#place.console === 'input') await this.#leave();
  }

  async #leave(): Promise<void> {
    if (this.#saved) return;
    this.#saved = true;
    try {
      if (this.#settings.save !== undefined) await this.#save(this.#settings.save);
      this.#laptop?.leave();
    } catch (error) {
      this.#laptop?.leave(error);
    }
  }

  async #save(file: string): Promise<void> {
    const state = await this.#laptop?.save();
    const { disk } = this.#settings;
    const sum = disk && (await sha256File(disk.file));
    if (state) await writeSnapshot(file, { ...this.#place, disk: sum }, this.#token, state);
  }
}

// As a shell would give it.
function exitCode(bytes: Uint8Array): number {
  const end = parseExit(bytes);
  return end.exitCode ?? 128 + (end.signal ?? constants.signals.SIGKILL);
}

// Bytes for a line on which one byte has a meaning.
export function escaped(bytes: Uint8Array): Buffer {
  const twice = (byte: number) => (byte === LINE_ESCAPE ? [LINE_ESCAPE, LINE_ESCAPE] : [byte]);
  return Buffer.from([...bytes].flatMap(twice));
}
