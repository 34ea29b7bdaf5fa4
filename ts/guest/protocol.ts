// What stands between the driver and an emulator: what a machine is started with, what is heard of
// it, and the message that starts v86, which has a process of its own.
import type { CpuName } from './cpuid.ts';
import type { MachineMessage } from './machine_message.ts';
import type { Machine } from './machines.ts';
import type { BootParts } from './multiboot.ts';

// A machine, and what it starts from.
export interface PowerOn {
  machine: Machine;
  boot: BootParts;
  /** The word that opens its frames. */
  token: string;
}

export type { MachineMessage };

// How an emulator ended: its exit code or signal, and its last words.
export interface Ended {
  how: string;
  words: string;
}

// Starts a machine and passes on what is heard of it. Resolves when the emulator has ended, by itself
// or since `stop` was aborted, and nothing of it is left.
export type Emulator = (
  on: PowerOn,
  receive: (message: MachineMessage) => void,
  stop: AbortSignal,
) => Promise<Ended>;

// Driver to v86's process, once: the machine to start.
export interface StartMessage {
  type: 'start';
  image: Uint8Array;
  ramBytes: number;
  cpu: CpuName;
  /** Guest instructions in one emulated microsecond. */
  mips: number;
  token: string;
}
