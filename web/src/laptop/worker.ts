// The Worker that is the laptop: it makes the image of its RAM, and starts v86 with it. It has the Worker
// to itself, since the clock of one that trains replaces that of all others.
import { cpus, patchCpuid } from '../../../ts/guest/cpuid.ts';
import { multibootImage } from '../../../ts/guest/multiboot.ts';
import { type RunningMachine, startMachine } from '../../../ts/guest/v86_machine.ts';
import { SerialMachine } from '../../../ts/laptop/serial_machine.ts';
import { bootOf } from './order.ts';
import type { FromLaptop, LaptopTrain, LaptopUse, ToLaptop } from './protocol.ts';
import { installTurns } from './turns.ts';
import { bootOfShell } from './use.ts';

// One that trains, or one that is used.
let machine: RunningMachine | undefined;
let used: SerialMachine | undefined;

function send(message: FromLaptop): void {
  postMessage(message);
}

function fault(error: unknown): void {
  send({ type: 'fault', message: error instanceof Error ? error.message : String(error) });
}

async function train({ wasm, kit, choice, parts }: LaptopTrain): Promise<void> {
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

// Its clock is that of this computer, so that a person can wait for it.
async function use({ wasm, kit, use }: LaptopUse): Promise<void> {
  const { cpu, mips } = use.machine;
  const boot = bootOfShell(kit, use);
  used = new SerialMachine(
    {
      ...{ mips, ramBytes: boot.ramBytes, token: kit.token, clock: 'host', jit: true },
      from: { image: multibootImage(boot) },
    },
    {
      onFrame: (frame) => send({ type: 'frame', frame }),
      onConsole: (bytes) => send({ type: 'console', bytes }),
      onIdle: () => {},
      onHalted: () => send({ type: 'halted' }),
      onFault: fault,
    },
  );
  await used.start(patchCpuid(wasm, cpus[cpu]));
}

async function pause(): Promise<void> {
  await machine?.pause();
  send({ type: 'paused', instructions: machine?.instructions() ?? 0 });
}

function goOn(): void {
  send({ type: 'going on', instructions: machine?.instructions() ?? 0 });
  machine?.goOn();
}

async function hear(message: ToLaptop): Promise<void> {
  switch (message.type) {
    case 'train':
      return train(message);
    case 'use':
      return use(message);
    case 'pause':
      return pause();
    case 'go on':
      return goOn();
    case 'input':
      return used?.input(message.bytes);
  }
}

installTurns();
addEventListener('error', ({ message }) => fault(message));
addEventListener('unhandledrejection', ({ reason }) => fault(reason));
addEventListener('message', ({ data }: MessageEvent<ToLaptop>) => void hear(data).catch(fault));
