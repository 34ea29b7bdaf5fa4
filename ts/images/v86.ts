// A computer in v86, with Debian's SeaBIOS.
import { UserError } from '../support/errors.ts';
import { missingCommand } from '../support/exec.ts';
import { exists } from '../support/files.ts';
import { forkTypescript } from '../support/fork.ts';
import type { Computer, ComputerSetup } from './computer.ts';
import type { Conversation } from './conversation.ts';
import { stopOf } from './process.ts';
import type { V86Message, V86Reply } from './v86_protocol.ts';

const PROCESS = new URL('./v86_process.ts', import.meta.url);

// What Debian's seabios brings.
export const SEABIOS = '/usr/share/seabios/bios.bin';
const VGA_BIOS = '/usr/share/seabios/vgabios-stdvga.bin';

// Switches a computer on; it has the processor that v86 has.
export async function startV86(setup: ComputerSetup, heard: Conversation): Promise<Computer> {
  const { ramMb, image, drive } = setup;
  if (drive !== 'floppy' && drive !== 'cd') throw new UserError(`v86 boots from no ${drive} here`);
  if (!(await exists(SEABIOS))) throw missingCommand('SeaBIOS');
  const child = forkTypescript(PROCESS, 'inherit');
  const send = (message: V86Message) => child.send(message);
  child.on('message', (message: V86Reply) => {
    if (message.type === 'text') heard.hear(message.text);
    else heard.end(message.why);
  });
  child.on('exit', () => heard.end('v86 ended by itself'));
  const stop = stopOf(child);
  send({ type: 'start', ramMb, image, drive, bios: SEABIOS, vgaBios: VGA_BIOS });
  return {
    type: (keys) => send({ type: 'keys', keys }),
    stop,
  };
}
