// The memory of a training while it trains, in numbers of the kernel that are exact: how much it has
// mapped, and how many of its own pages it has touched. What the program prints as its peak is the
// kernel's count of resident pages, which each processor adds up for itself and passes on in batches.
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { startChild } from './child.ts';

export interface Memory {
  /** Bytes of address space, at most. */
  mapped: number;
  /** Bytes of pages that belong to it alone. */
  touched: number;
}

// Trains without an end until a step, an evaluation and a save are done, and looks at the memory.
export async function memoryOfTraining(program: string, args: readonly string[]): Promise<Memory> {
  const work = ['--steps', '1000000', '--save-every', '1', '--eval-every', '1'];
  const all = ['train', '--json', ...args, ...work, '--eval-tokens', '600'];
  const child = startChild(program, all);
  // The second time this is printed, the first save is done.
  for (const _ of ['first', 'second']) await child.prints('"event":"held_out"');
  const file = (name: string) => readFileSync(`/proc/${child.pid}/${name}`, 'utf8');
  const mapped = kilobytesOf(file('status'), 'VmPeak');
  const touched = kilobytesOf(file('smaps_rollup'), 'Anonymous');
  child.kill('SIGKILL');
  await child.ended;
  return { mapped: 1024 * mapped, touched: 1024 * touched };
}

function kilobytesOf(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(text)?.[1]);
}

// By how much a count of resident bytes may be wrong: a batch of 32 pages for each processor.
export const residentError = 32 * 4096 * availableParallelism();
