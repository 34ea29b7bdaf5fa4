// What every machine in v86 has in common: no BIOS, no screen, the processor of its time, and the port
// through which its frames leave. Used by the processes that are machines; v86 is imported there.
import { readFile } from 'node:fs/promises';
import type { V86Options } from 'v86';
import { CHANNEL_PORT, type FrameReader } from './channel.ts';
import { CPUID_LEVEL, type CpuName, cpus, patchCpuid } from './cpuid.ts';
import { v86WasmPath } from './v86.ts';

const VGA_BYTES = 256 * 1024;

// Changes the imports of v86.wasm; gives what is called with its exports.
export type Hook = (env: WebAssembly.ModuleImports) => (exports: WebAssembly.Exports) => void;

// A machine without what it starts from.
export interface V86Setup {
  ramBytes: number;
  cpu: CpuName;
  hook: Hook;
}

// The options of such a machine.
export async function v86Options({ ramBytes, cpu, hook }: V86Setup): Promise<V86Options> {
  return {
    wasm_fn: await instantiator(cpu, hook),
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

// Loads v86.wasm with the machine's processor in it and with our imports.
async function instantiator(
  cpu: CpuName,
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

// What a process that is a machine does at its edges: it ends when the driver hangs up, tells of every
// error, which v86 throws from its timers, and leaves Ctrl-C to the driver.
export function watchProcess(fault: (error: unknown) => void): void {
  process.on('SIGINT', () => {});
  process.on('disconnect', () => process.exit(0));
  process.on('uncaughtException', fault);
  process.on('unhandledRejection', fault);
}

// An error in words, for the driver.
export function faultText(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
