// How QEMU is called. It carries out instructions that its processor model lacks, so it is no gate;
// but its arithmetic is its own, which makes it a witness of the bits.
import type { Machine } from './machines.ts';
import { FILES, lastLine, type PcEmulator } from './pc.ts';

export const qemu: PcEmulator = {
  command: 'qemu-system-i386',
  args: qemuArgs,
  files: () => ({}),
  lastWords: lastLine,
};

// A PC without PCI, disk and display, whose time follows the instructions.
export function qemuArgs({ model, ramMb }: Machine): string[] {
  return [
    ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none'],
    ...['-machine', 'isapc,accel=tcg', '-cpu', String(model), '-m', String(ramMb)],
    ...['-bios', FILES.rom, '-debugcon', 'stdio', '-serial', `file:${FILES.serial}`],
  ];
}
