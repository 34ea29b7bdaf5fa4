// Faults of the driver, as rows of data: what it is doing, what happens to it then, and what must be
// seen. Of each, nothing may be left behind. How a row is carried out stands in trials.ts; the faults of
// the emulated laptop in laptop_faults.ts.

// Where a command runs: in this checkout, whose builds are made before; in a copy with nothing built;
// in a copy with an empty cache, or with one in whose kernels a bit has changed; in one without npm
// packages, where no registry can be reached.
export type Place = 'here' | 'copy' | 'empty cache' | 'damaged cache' | 'no packages';

// What the driver is doing when it is hit.
export interface Phase {
  name: string;
  place: Place;
  args: readonly string[];
  /** What it says when it has begun. */
  begins: RegExp;
  /** Takes minutes: not among the tests. */
  long?: boolean;
}

// A training of so many steps.
const trainingOf = (steps: number) => [
  ...['emu-train', '--steps', `${steps}`, '--layers', '1', '--heads', '2', '--dim', '32'],
  ...['--context', '16', '--batch', '2', '--counts', 'none'],
  ...['--out', 'out/model.ckpt', '--no-story'],
];

export const phases: readonly Phase[] = [
  {
    name: 'setting up npm packages',
    place: 'no packages',
    args: ['images', '--only', 'floppy'],
    begins: /^setup: installing the npm packages/,
  },
  {
    name: 'unpacking a kernel',
    place: 'empty cache',
    args: ['images', '--only', 'floppy'],
    begins: /^kernel: unpacking/,
  },
  {
    name: 'making a kernel in place of a damaged one',
    place: 'damaged cache',
    args: ['images', '--only', 'floppy'],
    begins:
      /^the kernel of the floppy disk is damaged and is made again \(.*bzImage has changed\)$/,
    long: true,
  },
  {
    name: 'compiling a kernel',
    place: 'empty cache',
    args: ['images', '--only', 'floppy'],
    begins: /^kernel: compiled/,
    long: true,
  },
  {
    name: 'building',
    place: 'copy',
    args: ['build', '--only', 'host'],
    begins: /^building: host/,
  },
  { name: 'booting', place: 'here', args: trainingOf(1), begins: /^booting/ },
  // Long enough to be hit.
  { name: 'training', place: 'here', args: trainingOf(60), begins: /^step \d+\/60/ },
  { name: 'bringing out files', place: 'here', args: trainingOf(1), begins: /^bringing out/ },
];

// Who is hit, and how: all of the driver's processes, as by a terminal; the driver alone; the emulator.
export interface Blow {
  name: string;
  whom: 'terminal' | 'driver' | 'emulator';
  signal: 'SIGINT' | 'SIGKILL';
  /** What must be seen: the exit code, as a shell has it, and the line that tells why. */
  exitCode: number;
  line?: RegExp;
  /** What is left for the next run to remove: temporary files. */
  leavesFiles: boolean;
}

const ctrlC: Blow = {
  name: 'Ctrl-C',
  whom: 'terminal',
  signal: 'SIGINT',
  exitCode: 130,
  leavesFiles: false,
};

// A command of plain Node that a signal ends says nothing.
const ctrlCInWords: Blow = { ...ctrlC, line: /^legacy-llm: stopped by Ctrl-C$/ };

const kill9: Blow = {
  name: 'kill -9',
  whom: 'driver',
  signal: 'SIGKILL',
  exitCode: 137,
  leavesFiles: true,
};

const emulatorCrash: Blow = {
  name: 'the emulator crashes in its process',
  whom: 'emulator',
  signal: 'SIGKILL',
  exitCode: 1,
  line: /^legacy-llm: the emulator of p3-64 ended by itself \(SIGKILL\)$/,
  leavesFiles: false,
};

// One row.
export interface Fault {
  name: string;
  phase: Phase;
  blow: Blow;
}

// Whether the blow falls while the driver itself has begun, which then has words for it.
function blowsOf({ place, name }: Phase): readonly Blow[] {
  if (place === 'no packages') return [ctrlC, kill9];
  if (place === 'damaged cache') return [ctrlCInWords];
  return name === 'training' ? [ctrlCInWords, kill9, emulatorCrash] : [ctrlCInWords, kill9];
}

export const faults: readonly Fault[] = phases.flatMap((phase) =>
  blowsOf(phase).map((blow) => ({ name: `${blow.name} while ${phase.name}`, phase, blow })),
);

// Two runs of one command at once, in one place: both come to their end, and one leaves work to the other.
export interface Race {
  name: string;
  place: Place;
  args: readonly string[];
  /** What one of them says, and the other does not. */
  oneSays: RegExp;
  /** Takes many minutes: not among the tests. */
  long?: boolean;
}

export const races: readonly Race[] = [
  {
    name: 'two runs build the same at once',
    place: 'copy',
    args: ['build', '--only', 'host'],
    oneSays: /^host: up to date/,
  },
  {
    name: 'two runs at once with an empty cache',
    place: 'empty cache',
    args: ['images', '--only', 'floppy'],
    oneSays: /^another run is making the kernel of the floppy disk; waiting for it/,
    long: true,
  },
];
