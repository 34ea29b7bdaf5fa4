// A computer in QEMU. Its serial line is QEMU's standard input and output; its monitor presses keys
// and takes pictures of the screen.
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import type { ComputerSetup, ComputerWithScreen, Drive } from './computer.ts';
import type { Conversation } from './conversation.ts';
import { type EmulatorProcess, startProcess } from './process.ts';

const COMMAND = 'qemu-system-i386';
const MONITOR = 'monitor.socket';
const PROMPT = '(qemu) ';

// Where a VGA screen keeps its text: a character and its colour in each 16 bits. Twice as many as are
// seen, since the kernel moves the seen part instead of the text.
const SCREEN_AT = '0xb8000';
const SCREEN_CELLS = 2 * 80 * 25;

// The arguments that make a computer; the monitor is a socket in the folder.
export function qemuArguments(setup: ComputerSetup, folder: string): string[] {
  const { ramMb, cpu, image, drive, other } = setup;
  const hasUsb = drive === 'usb' || other?.drive === 'usb';
  return [
    ...['-accel', 'tcg', '-machine', 'pc', '-cpu', cpu, '-m', String(ramMb)],
    ...['-display', 'none', '-nic', 'none', '-no-reboot', '-serial', 'stdio'],
    ...['-monitor', `unix:${path.join(folder, MONITOR)},server=on,wait=off`],
    ...(hasUsb ? ['-usb'] : []),
    ...driveArguments(drive, image, 0),
    ...(other ? driveArguments(other.drive, other.image, 1) : []),
    ...['-boot', drive === 'floppy' ? 'a' : drive === 'cd' ? 'd' : 'c'],
  ];
}

function driveArguments(drive: Drive, image: string, index: number): string[] {
  const file = `file=${image.replaceAll(',', ',,')},format=raw`;
  switch (drive) {
    case 'floppy':
      return ['-drive', `if=floppy,index=0,${file}`];
    case 'cd':
      return ['-drive', `if=ide,media=cdrom,index=2,readonly=on,${file}`];
    case 'disk':
      return ['-drive', `if=ide,index=${index},${file}`];
    case 'usb':
      return [
        ...['-drive', `if=none,id=stick${index},${file}`],
        ...['-device', `usb-storage,drive=stick${index}${index === 0 ? ',bootindex=1' : ''}`],
      ];
  }
}

// Switches a computer on; the folder is one of its own.
export async function startQemu(
  setup: ComputerSetup,
  heard: Conversation,
  folder: string,
): Promise<ComputerWithScreen> {
  const { child, stop } = await startProcess(COMMAND, qemuArguments(setup, folder), {
    stdin: 'pipe',
  });
  listen(child, heard);
  return {
    type: (keys) => child.stdin?.write(keys),
    press: async (keys) => {
      for (const key of keys) await monitor(folder, `sendkey ${key}`);
    },
    photograph: async (file) => {
      await monitor(folder, `screendump ${file} -f png`);
    },
    readScreen: async () => textOf(await monitor(folder, `xp /${SCREEN_CELLS}hx ${SCREEN_AT}`)),
    stop,
  };
}

function listen(child: EmulatorProcess['child'], heard: Conversation): void {
  let words = '';
  child.stdout?.on('data', (data: Buffer) => heard.hear(data.toString('latin1')));
  child.stderr?.on('data', (data: Buffer) => {
    words += data.toString();
  });
  child.on('close', () => heard.end(`QEMU ended: ${words.trim() || 'it said nothing'}`));
}

// One command of QEMU's monitor; gives its answer.
async function monitor(folder: string, command: string): Promise<string> {
  const socket = connect(path.join(folder, MONITOR));
  socket.setEncoding('latin1');
  try {
    await prompted(socket);
    socket.write(`${command}\n`);
    return await prompted(socket);
  } finally {
    socket.destroy();
  }
}

// Waits until the monitor asks for the next command; gives what it wrote before.
function prompted(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const take = (piece: string) => {
      text += piece;
      if (!text.endsWith(PROMPT)) return;
      socket.off('data', take);
      resolve(text);
    };
    socket.on('data', take);
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the monitor of QEMU has closed')));
  });
}

// The characters of a dump such as "00000000000b8000: 0x0754 0x0765 ...", in lines of 80.
export function textOf(dump: string): string {
  const cells = Array.from(dump.matchAll(/ 0x[0-9a-f]{2}([0-9a-f]{2})(?=\s)/g), ([, code = '']) =>
    String.fromCharCode(Number.parseInt(code, 16) || 32),
  );
  const lines = cells.join('').match(/.{1,80}/g) ?? [];
  return lines.map((line) => line.trimEnd()).join('\n');
}
