// The machines of the cycle model, as rows of data: their caches, and how long a miss takes.
import type { ScannedLevel } from '../build/targets.ts';
import { rowNamed } from '../support/rows.ts';

export interface Cache {
  bytes: number;
  ways: number;
  /** Bytes of a line. */
  line: number;
}

export interface P6Machine {
  name: string;
  label: string;
  processor: ScannedLevel;
  /** Clock in Hz. */
  clock: number;
  /** Both first-level caches: instructions and data. */
  l1: Cache;
  l2: Cache;
  /** Cycles of the core that a load waits for the second level, beyond what goes on meanwhile. */
  l2Cycles: number;
  /** Seconds that it waits for memory on top of them. */
  memory: number;
  /** Seconds that the bus takes for a line: a changed one on its way to memory, or one prefetched. */
  busLine: number;
}

const L1: Cache = { bytes: 16_384, ways: 4, line: 32 };
const NANOSECOND = 1e-9;

// SDRAM behind a chip set of 1998 to 2000: an assumption, which the comparison with real processors in
// docs/speed.md supports. A line that is read in order comes as late as any other.
const MEMORY = 180 * NANOSECOND;

// A line is four transfers of 8 bytes.
const BUS_100 = 40 * NANOSECOND;
const BUS_133 = 30 * NANOSECOND;

// The second level of Coppermine is part of the processor and has its clock; that of Deschutes is
// beside it and has half the clock.
const COPPERMINE = {
  processor: 'pentium3',
  l1: L1,
  l2: { bytes: 262_144, ways: 4, line: 32 },
  l2Cycles: 8,
  memory: MEMORY,
} as const;
const DESCHUTES = {
  processor: 'pentium2',
  l1: L1,
  l2: { bytes: 524_288, ways: 4, line: 32 },
  l2Cycles: 16,
  memory: MEMORY,
} as const;

// The first of a processor is the one that is meant where none is named.
export const P6_MACHINES: readonly P6Machine[] = [
  {
    ...COPPERMINE,
    ...{ name: 'p3-500', label: 'Pentium III (Coppermine) 500 MHz, bus 100 MHz' },
    ...{ clock: 500e6, busLine: BUS_100 },
  },
  {
    ...COPPERMINE,
    ...{ name: 'p3-667', label: 'Pentium III (Coppermine) 667 MHz, bus 133 MHz' },
    ...{ clock: 667e6, busLine: BUS_133 },
  },
  {
    ...DESCHUTES,
    ...{ name: 'p2-350', label: 'Pentium II (Deschutes) 350 MHz, bus 100 MHz' },
    ...{ clock: 350e6, busLine: BUS_100 },
  },
];

// The machine of that name.
export function findP6Machine(name: string): P6Machine {
  return rowNamed(P6_MACHINES, name, 'modelled machine');
}

// The first machine with that processor.
export function firstP6Machine(processor: ScannedLevel): P6Machine {
  const machine = P6_MACHINES.find((each) => each.processor === processor);
  if (!machine) throw new Error(`no machine of the cycle model is a ${processor}`);
  return machine;
}
