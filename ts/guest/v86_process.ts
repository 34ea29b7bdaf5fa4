// The process that is the emulated laptop: it starts v86 with the image it is sent and passes
// frames and kernel messages on. A process of its own, since v86 throws from its timers, its memory
// grows, and its clock replaces the process' own. Ends when the driver hangs up.
import { readFile } from 'node:fs/promises';
import type { V86Options } from 'v86';
import { CHANNEL_PORT, FrameReader } from './channel.ts';
import { CPUID_LEVEL, cpus, patchCpuid } from './cpuid.ts';
import { GuestClock, hookImports, InstructionCounter, installGuestClock } from './deterministic.ts';
import { lineCollector } from './lines.ts';
import type { MachineMessage, StartMessage } from './protocol.ts';
import { v86WasmPath } from './v86.ts';

const VGA_BYTES = 256 * 1024;

// The parts of a running v86 that its types leave out.
interface V86Inside {
  v86?: { cpu: { in_hlt: Uint8Array } };
  get_instruction_counter(): number;
}

function send(message: MachineMessage): void {
  process.send?.(message);
}

function fault(error: unknown): void {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  send({ type: 'fault', message });
}

async function start(message: StartMessage): Promise<void> {
  let inside: V86Inside | undefined;
  const counter = new InstructionCounter(() => inside?.get_instruction_counter() ?? 0);
  const clock = new GuestClock(counter, message.mips);
  installGuestClock(clock);
  const reader = new FrameReader(
    message.token,
    () => counter.total(),
    (frame) => send({ type: 'frame', frame }),
  );
  const halted = () => inside?.v86?.cpu.in_hlt[0] === 1;
  const options: V86Options = {
    wasm_fn: await instantiator(message, (env) => {
      tapChannel(env, reader);
      return hookImports(env, { clock, halted });
    }),
    multiboot: { buffer: exactBuffer(message.image) },
    cpuid_level: CPUID_LEVEL,
    memory_size: message.ramBytes,
    vga_memory_size: VGA_BYTES,
    autostart: false,
    disable_keyboard: true,
    disable_mouse: true,
    disable_speaker: true,
    screen: { container: null },
  };
  const { V86 } = await import('v86');
  const machine = new V86(options);
  inside = machine as unknown as V86Inside;
  const log = lineCollector((line) => send({ type: 'kernel', line }));
  machine.add_listener('serial0-output-byte', log);
  // Not among the typed events: the processor halted with interrupts off, for good.
  machine.add_listener('cpu-event-halt' as 'emulator-stopped', () => send({ type: 'halted' }));
  machine.add_listener('emulator-loaded', () => void machine.run().catch(fault));
}

type Hook = (env: WebAssembly.ModuleImports) => (exports: WebAssembly.Exports) => void;

// Loads v86.wasm with the machine's processor in it and with our imports.
async function instantiator(
  { cpu }: StartMessage,
  hook: Hook,
): Promise<(imports: WebAssembly.Imports) => Promise<WebAssembly.Exports>> {
  const wasm = await readFile(v86WasmPath());
  const patched = patchCpuid(wasm, cpus[cpu]);
  return async (imports) => {
    const withExports = hook(imports.env ?? {});
    const instance = new WebAssembly.Instance(new WebAssembly.Module(patched), imports);
    withExports(instance.exports);
    return instance.exports;
  };
}

function tapChannel(env: WebAssembly.ModuleImports, reader: FrameReader): void {
  const write = env.io_port_write8 as (port: number, value: number) => void;
  env.io_port_write8 = (port: number, value: number) => {
    if (port === CHANNEL_PORT) reader.push(value & 0xff);
    else write(port, value);
  };
}

function exactBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

process.on('SIGINT', () => {}); // the driver gets the same Ctrl-C and decides
process.on('disconnect', () => process.exit(0));
process.on('uncaughtException', fault);
process.on('unhandledRejection', fault);
process.once('message', (message) => {
  start(message as StartMessage).catch(fault);
});
