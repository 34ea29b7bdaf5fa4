// Messages between the driver and the process that is a laptop with disks (laptop_process.ts).
import type { Frame } from '../guest/channel.ts';
import type { CpuName } from '../guest/cpuid.ts';
import type { SerialParts } from './serial_machine.ts';

// The drive that a disk image is in: an IDE disk, or the floppy drive.
export type Drive = 'disk' | 'floppy';

// Driver to laptop, once: the laptop to switch on.
export interface LaptopStart extends SerialParts {
  type: 'start';
  cpu: CpuName;
  disk?: LaptopDisk;
  /** Send the state and stop when it is ready but for its disk. */
  saveWhenReady?: boolean;
}

export interface LaptopDisk {
  file: string;
  drive: Drive;
  /** Tell the driver of every write. */
  told?: boolean;
  /** The power goes when so many instructions have been carried out: later writes do not happen. */
  cutAt?: number;
}

// Driver to laptop.
export type LaptopOrder =
  | LaptopStart
  /** Bytes for its serial line. */
  | { type: 'input'; bytes: Uint8Array }
  /** Stop, and send the state. */
  | { type: 'save' };

// A write to the disk, when the controller carries it out.
export interface DiskWrite {
  instructions: number;
  offset: number;
  bytes: Uint8Array;
}

// Laptop to driver.
export type LaptopMessage =
  | { type: 'frame'; frame: Frame }
  /** What came out of the serial line. */
  | { type: 'console'; bytes: Uint8Array }
  | { type: 'write'; write: DiskWrite }
  /** The power has gone, as was asked for. */
  | { type: 'cut' }
  /** So many inputs have been taken, all that had come by then, and the processor has had nothing to do
   * for a while. Others may be under way. */
  | { type: 'idle'; inputs: number }
  | { type: 'state'; state: Uint8Array }
  | { type: 'halted' }
  | { type: 'fault'; message: string };
