// What the guest says of itself in /proc/cpuinfo and /proc/meminfo, and whether that is the machine
// that was asked for.
import { UserError } from '../support/errors.ts';
import { kilobytes } from '../support/sizes.ts';
import { cpus } from './cpuid.ts';
import type { Machine } from './machines.ts';

// What /proc/cpuinfo says.
export interface CpuFacts {
  modelName: string;
  cacheKb: number;
  flags: string[];
}

// What /proc/meminfo says.
export interface MemoryFacts {
  memTotalKb: number;
  memAvailableKb: number;
}

// Model name, second-level cache and flags of /proc/cpuinfo.
export function parseCpuinfo(text: string): CpuFacts {
  const field = (name: string) =>
    new RegExp(`^${name}\\s*: (.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';
  return {
    modelName: field('model name'),
    cacheKb: Number(/^(\d+) KB$/.exec(field('cache size'))?.[1]),
    flags: field('flags').split(' ').filter(Boolean),
  };
}

// Total and available memory of /proc/meminfo.
export function parseMeminfo(text: string): MemoryFacts {
  const kilobytes = (name: string) =>
    Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(text)?.[1]);
  return { memTotalKb: kilobytes('MemTotal'), memAvailableKb: kilobytes('MemAvailable') };
}

// What the laptop had for programs before the first one started, in words.
export function freeMemory({ memAvailableKb, memTotalKb }: MemoryFacts): string {
  return `${kilobytes(memAvailableKb * 1024)} of ${kilobytes(memTotalKb * 1024)} were free`;
}

// Throws a UserError naming the first thing that is not as the machine's profile says.
export function checkFacts(machine: Machine, cpu: CpuFacts, memory: MemoryFacts): void {
  const { modelName, flags } = cpus[machine.cpu];
  const cacheKb = machine.cacheKb ?? cpus[machine.cpu].cacheKb;
  if (cpu.modelName !== modelName) {
    throw differs(machine, `the processor is "${cpu.modelName}", not "${modelName}"`);
  }
  if (cpu.cacheKb !== cacheKb) {
    throw differs(machine, `the processor has ${cpu.cacheKb} kB of cache, not ${cacheKb}`);
  }
  for (const flag of flags.present) {
    if (!cpu.flags.includes(flag)) throw differs(machine, `the processor lacks ${flag}`);
  }
  for (const flag of flags.absent) {
    if (cpu.flags.includes(flag)) throw differs(machine, `the processor has ${flag}`);
  }
  const { memTotalKb, memAvailableKb } = memory;
  if (!(memTotalKb > 0 && memTotalKb <= machine.ramMb * 1024 && memAvailableKb <= memTotalKb)) {
    const seen = `${memTotalKb} kB of RAM, ${memAvailableKb} kB of it available`;
    throw differs(machine, `there are ${seen}, not at most ${machine.ramMb} MB`);
  }
}

function differs(machine: Machine, what: string): UserError {
  return new UserError(`the emulated laptop is not ${machine.name}: ${what}`, {
    hint: 'Its numbers would mean nothing. Run npm ci; if that does not help, the emulator has changed.',
  });
}
