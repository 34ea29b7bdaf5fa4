// The Worker that is the laptop: it makes the image of its RAM, and starts v86 with it. It has the Worker
// to itself, since its clock replaces that of all others.
import { cpus, patchCpuid } from '../../../ts/guest/cpuid.ts';
import { multibootImage } from '../../../ts/guest/multiboot.ts';
import { type RunningMachine, startMachine } from '../../../ts/guest/v86_machine.ts';
import { bootOf } from './order.ts';
import type { FromLaptop, LaptopStart, ToLaptop } from './protocol.ts';

let machine: RunningMachine | undefined;

function send(message: FromLaptop): void {
  postMessage(message);
}

function fault(error: unknown): void {
  send({ type: 'fault', message: error instanceof Error ? error.message : String(error) });
}

async function start({ wasm, kit, choice, parts }: LaptopStart): Promise<void> {
  const { cpu, mips } = choice.machine;
  const boot = bootOf(kit, choice, parts);
  const image = multibootImage(boot);
  const patched = patchCpuid(wasm, cpus[cpu]);
  const { ramBytes } = boot;
  machine = await startMachine(
    { wasm: patched, image, ramBytes, mips, token: kit.token },
    send,
    fault,
  );
}

async function hear(message: ToLaptop): Promise<void> {
  if (message.type === 'start') return start(message);
  if (!machine) throw new Error('the laptop is not on yet');
  if (message.type === 'pause') {
    await machine.pause();
    send({ type: 'paused', instructions: machine.instructions() });
    return;
  }
  send({ type: 'going on', instructions: machine.instructions() });
  machine.goOn();
}

addEventListener('error', ({ message }) => fault(message));
addEventListener('unhandledrejection', ({ reason }) => fault(reason));
addEventListener('message', ({ data }: MessageEvent<ToLaptop>) => void hear(data).catch(fault));
