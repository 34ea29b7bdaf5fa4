import { describe, expect, it } from 'vitest';
import { findMachine, loadMachines } from '../../ts/guest/machines.ts';

const row = {
  name: 'a',
  title: 'A, 64 MB',
  ramMb: 64,
  cpu: 'pentium3-coppermine',
  mips: 1,
  build: 'p3',
};

describe('loadMachines', () => {
  it('when read, then the rows are the machines that the documents name, the default first', () => {
    expect(loadMachines().map(({ name, ramMb, build }) => [name, ramMb, build])).toEqual([
      ['p3-64', 64, 'p3'],
      ['p3-32', 32, 'p3'],
      ['p3-128', 128, 'p3'],
      ['p2-64', 64, 'p2'],
    ]);
  });

  it.each([
    ['ramMb', { ramMb: 1.5 }],
    ['ramMb', { ramMb: 4 }],
    ['cpu', { cpu: 'i486' }],
    ['mips', { mips: 0 }],
    ['build', { build: 'host' }],
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

describe('findMachine', () => {
  it('when no name is given, then it is the first; RAM can be overridden', () => {
    expect(findMachine().name).toBe('p3-64');
    expect(findMachine('p3-64', 48)).toMatchObject({
      ramMb: 48,
      title: expect.stringContaining('48 MB'),
    });
  });

  it('when the name is unknown or the RAM impossible, then it is wrong usage', () => {
    expect(() => findMachine('p4')).toThrow(expect.objectContaining({ exitCode: 2 }));
    expect(() => findMachine('p3-64', 4000)).toThrow(expect.objectContaining({ exitCode: 2 }));
  });
});
