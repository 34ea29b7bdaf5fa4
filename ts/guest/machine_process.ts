// What a process that is a machine does at its edges, and where it has v86.wasm from. What a Worker does,
// too, stands in v86_machine.ts.
import { readFile } from 'node:fs/promises';
import { systemFailure } from '../../scripts/failures.mjs';
import { type CpuName, cpus, patchCpuid } from './cpuid.ts';
import { v86WasmPath } from './v86.ts';

// v86.wasm with a processor of that time in it.
export async function wasmOf(cpu: CpuName): Promise<Uint8Array> {
  return patchCpuid(await readFile(v86WasmPath()), cpus[cpu]);
}

// Ends when the driver hangs up, tells of every error, which v86 throws from its timers, and leaves
// Ctrl-C to the driver.
export function watchProcess(fault: (error: unknown) => void): void {
  process.on('SIGINT', () => {});
  process.on('disconnect', () => process.exit(0));
  process.on('uncaughtException', fault);
  process.on('unhandledRejection', fault);
}

// An error in words, for the driver.
export function faultText(error: unknown): string {
  const known = systemFailure(error);
  if (known) return [known.message, ...(known.hint === undefined ? [] : [known.hint])].join('\n');
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
