// The process that is the emulated laptop: it starts v86 with the image it is sent and passes
// frames and kernel messages on. A process of its own, since v86 throws from its timers, its memory
// grows, and its clock replaces the process' own. Ends when the driver hangs up.
import { readFile } from 'node:fs/promises';
import { cpus, patchCpuid } from './cpuid.ts';
import type { MachineMessage, StartMessage } from './protocol.ts';
import { v86WasmPath } from './v86.ts';
import { startMachine } from './v86_machine.ts';

function send(message: MachineMessage): void {
  process.send?.(message);
}

function fault(error: unknown): void {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  send({ type: 'fault', message });
}

async function start({ cpu, ...parts }: StartMessage): Promise<void> {
  const wasm = patchCpuid(await readFile(v86WasmPath()), cpus[cpu]);
  await startMachine({ ...parts, wasm }, send, fault);
}

process.on('SIGINT', () => {}); // the driver gets the same Ctrl-C and decides
process.on('disconnect', () => process.exit(0));
process.on('uncaughtException', fault);
process.on('unhandledRejection', fault);
process.once('message', (message) => {
  start(message as StartMessage).catch(fault);
});
