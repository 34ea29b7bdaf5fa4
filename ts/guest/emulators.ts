// The emulators, by the name that a row of emu/machines.json gives.
import { bochs } from './bochs.ts';
import type { EmulatorName } from './machines.ts';
import { startPc } from './pc.ts';
import type { Emulator } from './protocol.ts';
import { qemu } from './qemu.ts';
import { startV86 } from './start_v86.ts';

export const emulators: Readonly<Record<EmulatorName, Emulator>> = {
  v86: startV86,
  bochs: startPc(bochs),
  qemu: startPc(qemu),
};
