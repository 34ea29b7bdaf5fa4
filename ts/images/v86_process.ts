// The child process that is a computer with a BIOS in v86: it boots the image it is told and passes
// its serial line on. A process of its own, since v86 throws from its timers. Ends when the driver
// hangs up.
import { readFileSync } from 'node:fs';
import { V86 } from 'v86';
import { watchProcess } from '../guest/machine_process.ts';
import { v86WasmPath } from '../guest/v86.ts';
import type { V86Message, V86Reply, V86Start } from './v86_protocol.ts';

function reply(message: V86Reply): void {
  process.send?.(message);
}

function fault(error: unknown): void {
  reply({ type: 'ended', why: error instanceof Error ? error.message : String(error) });
}

// A copy, since v86 wants a buffer of its own.
function buffer(file: string): { buffer: ArrayBuffer } {
  return { buffer: new Uint8Array(readFileSync(file)).buffer };
}

function start({ ramMb, image, drive, bios, vgaBios }: V86Start): V86 {
  const machine = new V86({
    wasm_path: v86WasmPath(),
    memory_size: ramMb * 1024 * 1024,
    vga_memory_size: 8 * 1024 * 1024,
    bios: buffer(bios),
    vga_bios: buffer(vgaBios),
    ...(drive === 'floppy' ? { fda: buffer(image) } : { cdrom: buffer(image) }),
    autostart: true,
    disable_mouse: true,
    disable_speaker: true,
    screen: { container: null },
  });
  let text = '';
  machine.add_listener('serial0-output-byte', (byte: number) => {
    if (text === '') setImmediate(flush);
    text += String.fromCharCode(byte);
  });
  const flush = () => {
    reply({ type: 'text', text });
    text = '';
  };
  return machine;
}

let machine: V86 | undefined;

watchProcess(fault);
process.on('message', (message: V86Message) => {
  if (message.type === 'start') machine = start(message);
  else machine?.serial0_send(message.keys);
});
