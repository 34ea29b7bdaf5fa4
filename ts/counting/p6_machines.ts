// The machines of the cycle model: their caches, and what a miss costs, in cycles of their core.
export interface Cache {
  bytes: number;
  ways: number;
  /** Bytes of a line. */
  line: number;
}

export interface P6Machine {
  name: string;
  label: string;
  /** Clock in Hz. */
  clock: number;
  /** Both first-level caches: instructions and data. */
  l1: Cache;
  l2: Cache;
  /** Cycles that a load waits for the second level, beyond what goes on meanwhile. */
  l1Miss: number;
  /** Cycles that a line from memory takes over a bus of 100 MHz, with the memory's latency. */
  l2Miss: number;
  /** Cycles that the bus takes for a line: a changed one on its way to memory, or one prefetched. */
  busLine: number;
}

const L1: Cache = { bytes: 16_384, ways: 4, line: 32 };

export const P6_MACHINES: readonly P6Machine[] = [
  {
    name: 'p3-500',
    label: 'Pentium III (Coppermine) 500 MHz, bus 100 MHz',
    clock: 500e6,
    l1: L1,
    l2: { bytes: 262_144, ways: 4, line: 32 },
    l1Miss: 8,
    l2Miss: 90,
    busLine: 20,
  },
];
