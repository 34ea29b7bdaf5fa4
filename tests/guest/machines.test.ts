import { describe, expect, it } from 'vitest';
import { findLaptop, findMachine, loadLaptops, loadMachines } from '../../ts/guest/machines.ts';

const row = {
  name: 'a',
  title: 'A, 64 MB',
  ramMb: 64,
  cpu: 'pentium3-coppermine',
  mips: 1,
  build: 'p3',
};

describe('loadMachines', () => {
  it('when read, then the laptops are those that the documents name, the default first', () => {
    expect(loadLaptops().map(({ name, ramMb, build }) => [name, ramMb, build])).toEqual([
      ['p3-64', 64, 'p3'],
      ['p3-32', 32, 'p3'],
      ['p3-128', 128, 'p3'],
      ['p2-64', 64, 'p2'],
    ]);
  });

  it('when read, then the strict machines have a processor of Bochs, the witnesses one of QEMU', () => {
    const pcs = loadMachines().filter(({ emulator }) => emulator !== 'v86');
    expect(pcs.map(({ name, build, emulator, model }) => [name, build, emulator, model])).toEqual([
      ['p2-strict', 'p2', 'bochs', 'p2_klamath'],
      ['p3-strict', 'p3', 'bochs', 'p3_katmai'],
      ['p2-qemu', 'p2', 'qemu', 'pentium2'],
      ['p3-qemu', 'p3', 'qemu', 'pentium3'],
    ]);
    for (const { limitSeconds } of pcs) expect(limitSeconds).toBeGreaterThan(600);
  });

  it.each([
    ['ramMb', { ramMb: 1.5 }],
    ['ramMb', { ramMb: 4 }],
    ['cpu', { cpu: 'i486' }],
    ['mips', { mips: 0 }],
    ['build', { build: 'host' }],
    ['emulator', { emulator: 'pcem' }],
    ['model', { emulator: 'bochs' }],
    ['model', { model: 'p3_katmai' }],
    ['cacheKb', { cacheKb: -1 }],
    ['limitSeconds', { emulator: 'bochs', model: 'p3_katmai', limitSeconds: 0 }],
    ['no name', { name: undefined }],
  ])('when %s is wrong, then it says so', (what, change) => {
    const text = JSON.stringify([{ ...row, ...change }]);
    expect(() => loadMachines(text)).toThrow(what);
  });

  it('when two rows have one name or there is none, then it says so', () => {
    expect(() => loadMachines(JSON.stringify([row, row]))).toThrow('the same name');
    expect(() => loadMachines('[]')).toThrow('list of machines');
  });
});

describe('findLaptop and findMachine', () => {
  it('when no name is given, then it is the first; RAM can be overridden', () => {
    expect(findLaptop().name).toBe('p3-64');
    expect(findLaptop('p3-64', 48)).toMatchObject({
      ramMb: 48,
      title: expect.stringContaining('48 MB'),
    });
  });

  it('when the machine is no laptop, then it is found among all machines only', () => {
    expect(findMachine('p3-strict').cpu).toBe('pentium3-katmai');
    expect(() => findLaptop('p3-strict')).toThrow('there is no machine "p3-strict"');
    expect(() => findMachine('p4')).toThrow('there is no machine "p4"');
  });

  it('when the name is unknown or the RAM impossible, then it is wrong usage', () => {
    expect(() => findLaptop('p4')).toThrow(expect.objectContaining({ exitCode: 2 }));
    expect(() => findLaptop('p3-64', 4000)).toThrow(expect.objectContaining({ exitCode: 2 }));
  });
});
