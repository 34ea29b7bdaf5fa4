// Processors of other kinds than a PC's: how their programs are compiled here, and what runs them. Not
// how fast they are: an emulator's time says nothing, its arithmetic does.

export type ProcessorName = 'ppc' | 'aarch64' | 's390x' | 'riscv64';

export interface Processor {
  /** As gcc calls it. */
  triplet: string;
  /** As the names of Debian's packages for it call it. */
  debian: string;
  /** The command that runs its programs, and the processor that it is to be. */
  emulator: readonly [string, ...string[]];
}

export const processors: Readonly<Record<ProcessorName, Processor>> = {
  // The PowerPC 750 is the G3 of an iBook of 1999: big-endian, and without a square root.
  ppc: {
    triplet: 'powerpc-linux-gnu',
    debian: 'powerpc',
    emulator: ['qemu-ppc-static', '-cpu', '750'],
  },
  aarch64: {
    triplet: 'aarch64-linux-gnu',
    debian: 'arm64',
    emulator: ['qemu-aarch64-static'],
  },
  s390x: {
    triplet: 's390x-linux-gnu',
    debian: 's390x',
    emulator: ['qemu-s390x-static'],
  },
  riscv64: {
    triplet: 'riscv64-linux-gnu',
    debian: 'riscv64',
    emulator: ['qemu-riscv64-static'],
  },
};
