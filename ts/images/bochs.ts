// A computer in Bochs, whose processor is a Pentium II or III to the letter: what their processor lacks
// is refused. Its serial line is a connection that Bochs makes to here.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { endingWithUs } from '../../scripts/child.mjs';
import { onPath } from '../../scripts/requirements.mjs';
import { bochsLines, GO_ON, lastWordsOfBochs } from '../guest/bochs.ts';
import { UserError } from '../support/errors.ts';
import { missingCommand } from '../support/exec.ts';
import type { Computer, ComputerSetup, Drive } from './computer.ts';
import type { Conversation } from './conversation.ts';

const COMMAND = 'bochs';
const CONFIG = 'bochsrc';
const COMMANDS = 'commands';

// What Debian's bochs and seabios bring.
const BIOS = '/usr/share/bochs/BIOS-bochs-latest';
const VGA_BIOS = '/usr/share/seabios/vgabios-stdvga.bin';

const MODELS = { pentium2: 'p2_klamath', pentium3: 'p3_katmai' } as const;
const MIPS = 20; // few, as a disk that turns is waited for by counting

// The configuration: a PC with a PCI bus, the image in one drive, its serial line at a port of this
// machine. Its screen is shown to nobody.
export function bochsComputer({ cpu, ramMb, image, drive }: ComputerSetup, port: number): string {
  const lines = [
    ...bochsLines({ model: MODELS[cpu], mips: MIPS, ramMb }),
    'display_library: rfb, options="timeout=0"',
    `romimage: file=${BIOS}`,
    `vgaromimage: file=${VGA_BIOS}`,
    'pci: enabled=1, chipset=i440fx',
    ...driveLines(drive, image),
    `com1: enabled=1, mode=socket-client, dev=127.0.0.1:${port}`,
  ];
  return `${lines.join('\n')}\n`;
}

function driveLines(drive: Drive, image: string): string[] {
  if (drive === 'floppy') return [`floppya: 1_44="${image}", status=inserted`, 'boot: floppy'];
  if (drive !== 'cd') throw new UserError(`Bochs boots from no ${drive} here`);
  const channel = 'ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14';
  return [channel, `ata0-master: type=cdrom, path="${image}", status=inserted`, 'boot: cdrom'];
}

// Switches a computer on; the folder is one of its own.
export async function startBochs(
  setup: ComputerSetup,
  heard: Conversation,
  folder: string,
): Promise<Computer> {
  if (!onPath(COMMAND)) throw missingCommand(COMMAND);
  const server = createServer();
  const line = once(server, 'connection');
  const port = await listeningPort(server);
  await writeFile(path.join(folder, CONFIG), bochsComputer(setup, port));
  await writeFile(path.join(folder, COMMANDS), GO_ON);
  const words = [...endingWithUs('KILL'), COMMAND, '-q', '-f', CONFIG, '-rc', COMMANDS];
  const child = spawn(words[0] as string, words.slice(1), {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = listen(child, heard);
  const [serial] = (await Promise.race([line, ended])) as [Socket?];
  server.close();
  serial?.setEncoding('latin1');
  serial?.on('data', (text: string) => heard.hear(text));
  serial?.on('error', () => {}); // it has ended, which the process tells
  return {
    type: (keys) => serial?.write(keys, 'latin1'),
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function listeningPort(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

// Resolves when Bochs has ended, and tells the conversation why.
async function listen(child: ChildProcess, heard: Conversation): Promise<[]> {
  let words = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (data: Buffer) => {
      words = (words + data.toString()).slice(-10_000);
    });
  }
  await once(child, 'close');
  heard.end(`Bochs ended: ${lastWordsOfBochs(words)}`);
  return [];
}
