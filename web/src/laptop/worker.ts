// The Worker that is the laptop: it starts v86 with the image it is sent. It has the Worker to itself,
// since its clock replaces that of all others.

import type { MachineMessage } from '../../../ts/guest/machine_message.ts';
import { type MachineParts, startMachine } from '../../../ts/guest/v86_machine.ts';

function send(message: MachineMessage): void {
  postMessage(message);
}

function fault(error: unknown): void {
  send({ type: 'fault', message: error instanceof Error ? error.message : String(error) });
}

addEventListener('error', ({ message }) => fault(message));
addEventListener('unhandledrejection', ({ reason }) => fault(reason));
addEventListener(
  'message',
  ({ data }: MessageEvent<MachineParts>) => void startMachine(data, send, fault).catch(fault),
  { once: true },
);
