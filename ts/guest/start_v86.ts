// Starts v86 in a process of its own (v86_process.ts).
import { forkTypescript } from '../support/fork.ts';
import { multibootImage } from './multiboot.ts';
import type { Emulator, Ended, MachineMessage, StartMessage } from './protocol.ts';

const PROCESS = new URL('./v86_process.ts', import.meta.url);

// The emulator of the laptops.
export const startV86: Emulator = async ({ machine, boot, token }, receive, stop) => {
  const { cpu, mips } = machine;
  const image = multibootImage(boot);
  const start: StartMessage = { type: 'start', image, ramBytes: boot.ramBytes, cpu, mips, token };
  const child = forkTypescript(PROCESS, 'pipe');
  let words = '';
  child.stderr?.on('data', (data: Buffer) => {
    words += data.toString();
  });
  child.on('message', (message) => receive(message as MachineMessage));
  const kill = () => child.kill('SIGKILL');
  stop.addEventListener('abort', kill);
  try {
    return await new Promise<Ended>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve({ how: String(signal ?? code), words }));
      // One that ends before it has read this is told of by its end.
      child.send(start, () => {});
    });
  } finally {
    stop.removeEventListener('abort', kill);
  }
};
