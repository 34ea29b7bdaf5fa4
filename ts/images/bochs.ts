// A computer in Bochs, whose processor is a Pentium II or III to the letter: what their processor lacks
// is refused. Its serial line is a connection that Bochs makes to here.
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { BOCHS_ARGS, bochs, bochsFiles, bochsLines } from '../guest/bochs.ts';
import { UserError } from '../support/errors.ts';
import type { Computer, ComputerSetup, Drive } from './computer.ts';
import type { Conversation } from './conversation.ts';
import { type EmulatorProcess, startProcess } from './process.ts';

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
  const server = createServer();
  try {
    return await connected(server, setup, heard, folder);
  } finally {
    server.close(); // to further connections
  }
}

async function connected(
  server: Server,
  setup: ComputerSetup,
  heard: Conversation,
  folder: string,
): Promise<Computer> {
  const line = once(server, 'connection');
  const port = await listeningPort(server);
  for (const [name, text] of Object.entries(bochsFiles(bochsComputer(setup, port)))) {
    await writeFile(path.join(folder, name), text);
  }
  const { child, stop } = await startProcess(bochs.command, BOCHS_ARGS, {
    cwd: folder,
    stdin: 'ignore',
  });
  const [serial] = (await Promise.race([line, listen(child, heard)])) as [Socket?];
  serial?.setEncoding('latin1');
  serial?.on('data', (text: string) => heard.hear(text));
  serial?.on('error', () => {}); // it has ended, which the process tells
  return {
    type: (keys) => serial?.write(keys, 'latin1'),
    stop,
  };
}

async function listeningPort(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

// Resolves when Bochs has ended, and tells the conversation why.
async function listen(child: EmulatorProcess['child'], heard: Conversation): Promise<[]> {
  let words = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (data: Buffer) => {
      words = (words + data.toString()).slice(-10_000);
    });
  }
  await once(child, 'close');
  heard.end(`Bochs ended: ${bochs.lastWords(words)}`);
  return [];
}
