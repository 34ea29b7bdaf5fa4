// A machine that can be emulated, as a row of emu/machines.json says.
import type { CpuName } from './cpuid.ts';

// What a machine runs in.
export type EmulatorName = 'v86' | 'bochs' | 'qemu';

// One machine: a laptop, which v86 emulates, or a PC in another emulator.
export interface Machine {
  name: string;
  title: string;
  ramMb: number;
  cpu: CpuName;
  /** Guest instructions that count as one emulated microsecond. */
  mips: number;
  /** The build that this processor can run. */
  build: 'p2' | 'p3';
  emulator: EmulatorName;
  /** What that emulator calls the processor; v86 has none to choose. */
  model?: string;
  /** The cache that the emulator reports, where it is not the processor's own. */
  cacheKb?: number;
  /** Host seconds after which a boot is given up; without it never. */
  limitSeconds?: number;
}

// Kernel, tables and reserves take more than this of any laptop's RAM (64 MB: 7,800 kB measured).
const SYSTEM_BYTES = 4 * 1024 * 1024;

// What a laptop could at most have free for a training, whose text lies in its RAM, too.
export function mostFree({ ramMb }: Pick<Machine, 'ramMb'>, textBytes: number): number {
  return ramMb * 1024 * 1024 - SYSTEM_BYTES - textBytes;
}
