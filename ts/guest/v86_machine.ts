// A laptop in v86, in this process or Worker, which it has to itself: its clock replaces that of all
// others there. It starts at once from an image in memory, passes frames and kernel messages on, and
// carries out the same instructions in Node and in a browser.
import type { V86Options } from 'v86';
import { CHANNEL_PORT, FrameReader } from './channel.ts';
import { GuestClock, hookImports, InstructionCounter, installGuestClock } from './deterministic.ts';
import { lineCollector } from './lines.ts';
import type { MachineMessage } from './machine_message.ts';
import { type Rewrite, rewriteConstants } from './wasm_constants.ts';

// The highest CPUID leaf of both processors: what v86 would say beyond it is of later times.
const CPUID_LEVEL = 2;
const VGA_BYTES = 256 * 1024;
// Of guest code in one translation, at most. With v86's three, functions are so large that compiling them
// takes longer than they save: 1.2 times the time in Node, 1.8 times in Chromium (host, tests/web/speed.ts).
const TRANSLATED_PAGES = 1;
// Where v86's set_jit_config has that number.
const TRANSLATED_PAGES_AT = 1;
// Instructions of a page of guest code that v86 interprets before it translates the page, and again before it
// translates it with an entry that was not known. With v86's number there are at least 1.4 times as many
// translations, and compiling what is not used for long costs Chromium more than interpreting it. Far more than
// a million makes Node slower.
const INTERPRETED_FIRST: Rewrite = {
  what: 'instructions before a translation',
  from: 200_000,
  to: 1_000_000,
};

// What a machine is made of.
export interface MachineParts {
  /** v86.wasm with the machine's processor in it (cpuid.ts). */
  wasm: Uint8Array;
  /** What lies in RAM, as a multiboot image. */
  image: Uint8Array;
  ramBytes: number;
  /** Guest instructions in one emulated microsecond. */
  mips: number;
  /** The word that opens its frames. */
  token: string;
}

// The parts of a running v86 that its types leave out.
export interface V86Inside {
  v86?: { cpu: { in_hlt: Uint8Array } };
  get_instruction_counter(): number;
}

// A machine that has been started.
export interface RunningMachine {
  /** Resolves when it carries out nothing any more. */
  pause(): Promise<void>;
  /** Goes on where it was: its clock has stood still. */
  goOn(): void;
  /** Carried out so far. */
  instructions(): number;
}

// Starts a machine. It tells all by `send`; what it cannot do, by `fault`.
export async function startMachine(
  parts: MachineParts,
  send: (message: MachineMessage) => void,
  fault: (error: unknown) => void,
): Promise<RunningMachine> {
  let inside: V86Inside | undefined;
  const counter = new InstructionCounter(() => inside?.get_instruction_counter() ?? 0);
  const clock = new GuestClock(counter, parts.mips);
  installGuestClock(clock);
  const reader = new FrameReader(
    parts.token,
    () => counter.total(),
    (frame) => send({ type: 'frame', frame }),
  );
  const halted = () => inside?.v86?.cpu.in_hlt[0] === 1;
  const hook: Hook = (env) => {
    tapChannel(env, reader);
    return hookImports(env, { clock, halted });
  };
  const options: V86Options = {
    ...v86Options({ ...parts, hook }),
    multiboot: { buffer: exactBuffer(parts.image) },
  };
  const { V86 } = await import('v86'); // which takes hold of the clocks now
  const machine = new V86(options);
  inside = machine as unknown as V86Inside;
  const log = lineCollector((line) => send({ type: 'kernel', line }));
  machine.add_listener('serial0-output-byte', log);
  // Not among the typed events: the processor halted with interrupts off, for good.
  machine.add_listener('cpu-event-halt' as 'emulator-stopped', () => send({ type: 'halted' }));
  let paused = false;
  const run = () => void machine.run().catch(fault);
  machine.add_listener('emulator-loaded', () => {
    if (!paused) run();
  });
  return {
    pause: () => {
      paused = true;
      return machine.stop();
    },
    goOn: () => {
      paused = false;
      run();
    },
    instructions: () => counter.total(),
  };
}

// Changes the imports of v86.wasm; gives what is called with its exports.
export type Hook = (env: WebAssembly.ModuleImports) => (exports: WebAssembly.Exports) => void;

// The options of every machine without a BIOS and a screen, but for what it starts from.
export function v86Options({
  wasm,
  ramBytes,
  hook,
}: Pick<MachineParts, 'wasm' | 'ramBytes'> & { hook: Hook }): V86Options {
  return {
    wasm_fn: instantiator(wasm, hook),
    cpuid_level: CPUID_LEVEL,
    memory_size: ramBytes,
    vga_memory_size: VGA_BYTES,
    autostart: false,
    disable_keyboard: true,
    disable_mouse: true,
    disable_speaker: true,
    screen: { container: null },
  };
}

// Makes the instance of v86.wasm with our imports.
function instantiator(
  wasm: Uint8Array,
  hook: Hook,
): (imports: WebAssembly.Imports) => Promise<WebAssembly.Exports> {
  return async (imports) => {
    const withExports = hook(imports.env ?? {});
    const module = new WebAssembly.Module(rewriteConstants(wasm, [INTERPRETED_FIRST]));
    const instance = new WebAssembly.Instance(module, imports);
    withExports(instance.exports);
    const configure = instance.exports.set_jit_config as (at: number, value: number) => void;
    configure(TRANSLATED_PAGES_AT, TRANSLATED_PAGES);
    return instance.exports;
  };
}

// Leads what the guest writes to the channel's port to the reader of frames.
export function tapChannel(env: WebAssembly.ModuleImports, reader: FrameReader): void {
  const write = env.io_port_write8 as (port: number, value: number) => void;
  env.io_port_write8 = (port: number, value: number) => {
    if (port === CHANNEL_PORT) reader.push(value & 0xff);
    else write(port, value);
  };
}

// A copy in a buffer of its own, as v86 wants it.
export function exactBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
