import { describe, expect, it } from 'vitest';
import { checkFacts, parseCpuinfo, parseMeminfo } from '../../ts/guest/facts.ts';
import { findLaptop } from '../../ts/guest/machines.ts';

const cpuinfo = [
  'processor\t: 0',
  'model\t\t: 8',
  'model name\t: Pentium III (Coppermine)',
  'cache size\t: 256 KB',
  'flags\t\t: fpu pse tsc cmov mmx fxsr sse cpuid',
  'bugs\t\t: l1tf sse2',
].join('\n');
const meminfo = 'MemTotal:          61956 kB\nMemFree:  60000 kB\nMemAvailable:   57596 kB\n';
const machine = findLaptop('p3-64');
const cpu = parseCpuinfo(cpuinfo);
const memory = parseMeminfo(meminfo);

describe('parseCpuinfo and parseMeminfo', () => {
  it('when given the files of a Pentium III, then they give its name, cache, flags and RAM', () => {
    expect(cpu.modelName).toBe('Pentium III (Coppermine)');
    expect(cpu.cacheKb).toBe(256);
    expect(cpu.flags).toEqual(['fpu', 'pse', 'tsc', 'cmov', 'mmx', 'fxsr', 'sse', 'cpuid']);
    expect(memory).toEqual({ memTotalKb: 61956, memAvailableKb: 57596 });
  });
});

describe('checkFacts', () => {
  it('when all is as the profile says, then it is content', () => {
    expect(() => checkFacts(machine, cpu, memory)).not.toThrow();
  });

  it('when the processor is another, then it says which', () => {
    expect(() => checkFacts(findLaptop('p2-64'), cpu, memory)).toThrow(
      'is "Pentium III (Coppermine)", not "Pentium II (Deschutes)"',
    );
    expect(() => checkFacts(machine, { ...cpu, cacheKb: 128 }, memory)).toThrow('128 kB of cache');
  });

  it('when a flag is too many or missing, then it names the flag', () => {
    const more = { ...cpu, flags: [...cpu.flags, 'sse2'] };
    const fewer = { ...cpu, flags: cpu.flags.filter((flag) => flag !== 'sse') };
    expect(() => checkFacts(machine, more, memory)).toThrow('the processor has sse2');
    expect(() => checkFacts(machine, fewer, memory)).toThrow('the processor lacks sse');
  });

  it('when there is more RAM than the profile has, or none was found, then it fails', () => {
    expect(() => checkFacts({ ...machine, ramMb: 60 }, cpu, memory)).toThrow('at most 60 MB');
    expect(() => checkFacts(machine, cpu, parseMeminfo(''))).toThrow('NaN kB of RAM');
  });
});
