// Messages between the driver and the child process that emulates the laptop.
import type { Frame } from './channel.ts';
import type { CpuName } from './cpuid.ts';

// Driver to child, once: the machine to start.
export interface StartMessage {
  type: 'start';
  image: Uint8Array;
  ramBytes: number;
  cpu: CpuName;
  /** Guest instructions in one emulated microsecond. */
  mips: number;
  token: string;
}

// Child to driver.
export type MachineMessage =
  | { type: 'frame'; frame: Frame }
  | { type: 'kernel'; line: string }
  | { type: 'halted' }
  | { type: 'fault'; message: string };
