// The process that is the emulated laptop: it starts v86 with the image it is sent and passes
// frames and kernel messages on. A process of its own, since v86 throws from its timers, its memory
// grows, and its clock replaces the process' own. Ends when the driver hangs up.
import { faultText, wasmOf, watchProcess } from './machine_process.ts';
import type { MachineMessage, StartMessage } from './protocol.ts';
import { startMachine } from './v86_machine.ts';

function send(message: MachineMessage): void {
  process.send?.(message);
}

function fault(error: unknown): void {
  send({ type: 'fault', message: faultText(error) });
}

async function start({ cpu, ...parts }: StartMessage): Promise<void> {
  await startMachine({ ...parts, wasm: await wasmOf(cpu) }, send, fault);
}

watchProcess(fault);
process.once('message', (message) => {
  start(message as StartMessage).catch(fault);
});
