// Profiles a program by instruction address with valgrind's Callgrind, with the caches of a Pentium
// III: how often each instruction ran, and how often it missed.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { runCommand } from '../runs/run.ts';
import { UserError } from '../support/errors.ts';
import { withScratch } from '../support/scratch.ts';
import type { P6Machine } from './p6_machines.ts';

// What an instruction cost.
export interface Cost {
  executed: number;
  /** Misses of the first level: instructions, reads and writes together. */
  l1Misses: number;
  /** Misses of the second level. */
  l2Misses: number;
  /** Changed lines that left the second level. */
  writeBacks: number;
}

// Costs by address, and the function of each.
export interface Profile {
  costs: Map<number, Cost>;
  functions: Map<number, string>;
}

const EVENTS: Readonly<Record<string, keyof Cost>> = {
  Ir: 'executed',
  I1mr: 'l1Misses',
  D1mr: 'l1Misses',
  D1mw: 'l1Misses',
  ILmr: 'l2Misses',
  DLmr: 'l2Misses',
  DLmw: 'l2Misses',
  ILdmr: 'writeBacks',
  DLdmr: 'writeBacks',
  DLdmw: 'writeBacks',
};

// Profiles one run of a program.
export async function profileRun(
  program: string,
  args: readonly string[],
  machine: P6Machine,
): Promise<{ stdout: string; profile: Profile }> {
  return withScratch('profile', async (folder) => {
    const file = path.join(folder, 'callgrind.out');
    const command = [
      'valgrind',
      ...flags(machine),
      `--callgrind-out-file=${file}`,
      program,
    ] as const;
    const runner = { name: 'valgrind', command } as const;
    const { stdout } = await runCommand(runner, args, { what: 'profile a program' });
    return { stdout, profile: readProfile(await readFile(file, 'utf8')) };
  });
}

function flags({ l1, l2 }: P6Machine): string[] {
  const cache = ({ bytes, ways, line }: P6Machine['l1']) => `${bytes},${ways},${line}`;
  return [
    ...['--tool=callgrind', '--dump-instr=yes', '--compress-strings=no', '--compress-pos=no'],
    ...['--cache-sim=yes', '--simulate-wb=yes'],
    ...[`--I1=${cache(l1)}`, `--D1=${cache(l1)}`, `--LL=${cache(l2)}`],
  ];
}

// Reads a file of Callgrind. The costs of what a call takes stand a second time, after "calls=".
export function readProfile(text: string): Profile {
  const profile: Profile = { costs: new Map(), functions: new Map() };
  let events: (keyof Cost | undefined)[] = [];
  let inside = '';
  let ofCall = false;
  for (const line of text.split('\n')) {
    if (line.startsWith('events:'))
      events = line
        .split(' ')
        .slice(1)
        .map((name) => EVENTS[name]);
    else if (line.startsWith('fn=')) inside = line.slice(3);
    else if (line.startsWith('calls=')) ofCall = true;
    else if (line.startsWith('0x')) {
      if (!ofCall) addCosts(profile, inside, line.split(' '), events);
      ofCall = false;
    }
  }
  if (profile.costs.size === 0)
    throw new UserError('valgrind wrote a profile without instructions');
  return profile;
}

function addCosts(
  { costs, functions }: Profile,
  inside: string,
  [at = '', , ...values]: string[],
  events: readonly (keyof Cost | undefined)[],
): void {
  const address = Number(at);
  const cost = costs.get(address) ?? { executed: 0, l1Misses: 0, l2Misses: 0, writeBacks: 0 };
  values.forEach((value, i) => {
    const event = events[i];
    if (event) cost[event] += Number(value);
  });
  costs.set(address, cost);
  functions.set(address, inside);
}

// What a longer run takes beyond a shorter one.
export function subtractProfile(longer: Profile, shorter: Profile): Profile {
  const costs = new Map<number, Cost>();
  for (const [address, cost] of longer.costs) {
    const before = shorter.costs.get(address);
    const rest = { ...cost };
    for (const key of Object.keys(rest) as (keyof Cost)[]) rest[key] -= before?.[key] ?? 0;
    if (rest.executed > 0) costs.set(address, rest);
  }
  return { costs, functions: longer.functions };
}
