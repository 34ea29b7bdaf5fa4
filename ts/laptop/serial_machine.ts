// A laptop in v86 whose serial line a person or a program uses: frames and the console come out, what is
// typed goes in. It has its process or Worker to itself, as v86_machine.ts says, and works in Node and in a
// browser. Not its disks and snapshots: laptop_process.ts has those.
import type { V86, V86Options } from 'v86';
import { type Frame, FrameReader } from '../guest/channel.ts';
import {
  GuestClock,
  hookImports,
  InstructionCounter,
  installGuestClock,
} from '../guest/deterministic.ts';
import {
  exactBuffer,
  type Hook,
  tapChannel,
  type V86Inside,
  v86Options,
} from '../guest/v86_machine.ts';
import { SerialInput } from './serial_input.ts';

// What time follows: the host's clock, for people, or the instructions, which makes a run the same each
// time.
export type Clock = 'host' | 'instructions';

// What it is made of.
export interface SerialParts {
  /** What it boots; or a saved state, with which it goes on. */
  from: { image: Uint8Array } | { state: Uint8Array };
  ramBytes: number;
  /** Guest instructions in one emulated microsecond, where time follows them. */
  mips: number;
  clock: Clock;
  /** Whether v86 translates code before it runs it. */
  jit: boolean;
  /** The word that opens its frames. */
  token: string;
}

// Who hears of it.
export interface SerialEars {
  onFrame: (frame: Frame) => void;
  /** What came out of the serial line. */
  onConsole: (bytes: Uint8Array) => void;
  /** So many inputs, all that came, have been taken, and the processor has had nothing to do for a while. */
  onIdle: (inputs: number) => void;
  onHalted: () => void;
  onFault: (error: unknown) => void;
}

export class SerialMachine {
  readonly #parts: SerialParts;
  readonly #ears: SerialEars;
  readonly #counter = new InstructionCounter(() => this.#inside?.get_instruction_counter() ?? 0);
  readonly #input: SerialInput;
  #machine: V86 | undefined;
  #console: number[] = [];

  constructor(parts: SerialParts, ears: SerialEars) {
    this.#parts = parts;
    this.#ears = ears;
    this.#input = new SerialInput({
      send: (bytes) => this.#machine?.serial_send_bytes(0, bytes),
      isHalted: () => this.#halted(),
      onIdle: (inputs) => ears.onIdle(inputs),
    });
  }

  // Carried out so far.
  get instructions(): number {
    return this.#counter.total();
  }

  // Switches it on, with these disks in it. wasm: v86.wasm with the machine's processor in it (cpuid.ts).
  async start(wasm: Uint8Array, drives: Pick<V86Options, 'hda' | 'fda'> = {}): Promise<void> {
    const { clock, from, ramBytes, jit } = this.#parts;
    const hook = clock === 'instructions' ? this.#exactHook() : this.#plainHook();
    const options: V86Options = {
      ...v86Options({ wasm, ramBytes, hook }),
      ...('image' in from
        ? { multiboot: { buffer: exactBuffer(from.image) } }
        : { initial_state: { buffer: exactBuffer(from.state) } }),
      ...drives,
      disable_jit: !jit,
    };
    const { V86 } = await import('v86');
    this.#machine = new V86(options);
    this.#listen(this.#machine);
  }

  // Types bytes at its serial line.
  input(bytes: Uint8Array): void {
    this.#input.push(bytes);
  }

  async stop(): Promise<void> {
    await this.#machine?.stop();
  }

  async state(): Promise<Uint8Array | undefined> {
    const state = await this.#machine?.save_state();
    return state && new Uint8Array(state);
  }

  // A laptop that goes on is past its start mark.
  #listen(machine: V86): void {
    machine.add_listener('serial0-output-byte', (byte) => this.#write(byte));
    machine.add_listener(
      'serial0-request-to-send-output' as 'emulator-stopped',
      ((ready: boolean) => this.#input.setReady(ready)) as unknown as () => void,
    );
    machine.add_listener('cpu-event-halt' as 'emulator-stopped', () => this.#ears.onHalted());
    machine.add_listener('emulator-loaded', () => {
      machine.serial_set_clear_to_send(0, true);
      if ('state' in this.#parts.from) this.#input.begin(true);
      void machine.run().catch(this.#ears.onFault);
    });
  }

  get #inside(): V86Inside | undefined {
    return this.#machine as unknown as V86Inside | undefined;
  }

  #halted(): boolean {
    return this.#inside?.v86?.cpu.in_hlt[0] === 1;
  }

  // ---- clock and frames ----

  // Time, random numbers and translated code depend on the instructions alone.
  #exactHook(): Hook {
    const clock = new GuestClock(this.#counter, this.#parts.mips);
    installGuestClock(clock);
    return (env) => {
      tapChannel(env, this.#reader());
      return hookImports(env, { clock, halted: () => this.#halted() });
    };
  }

  #plainHook(): Hook {
    return (env) => {
      tapChannel(env, this.#reader());
      return () => {};
    };
  }

  #reader(): FrameReader {
    return new FrameReader(
      this.#parts.token,
      () => this.#counter.total(),
      (frame) => this.#tell(frame),
    );
  }

  #tell(frame: Frame): void {
    this.#flush();
    if (frame.kind === 'start') this.#input.begin();
    this.#ears.onFrame(frame);
  }

  // ---- serial line ----

  // What comes while v86 carries out one piece of its work goes out together.
  #write(byte: number): void {
    if (this.#console.length === 0) queueMicrotask(() => this.#flush());
    this.#console.push(byte);
  }

  #flush(): void {
    if (this.#console.length > 0) this.#ears.onConsole(Uint8Array.from(this.#console));
    this.#console = [];
  }
}
