// The cycle model on the real programs, and what it refuses.
import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { countRow } from '../../ts/counting/callgrind.ts';
import { checkI386, modelRow, modelRun, openProgram } from '../../ts/counting/model.ts';
import { LIMITS, sumOf } from '../../ts/counting/p6_cycles.ts';
import { findP6Machine, firstP6Machine } from '../../ts/counting/p6_machines.ts';
import { readProfile, subtractProfile } from '../../ts/counting/profile.ts';
import { I386_KERNEL, testWith } from '../needs.ts';
import { programOf } from '../program/program.ts';
import { useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();
const NEEDS = ['valgrind', I386_KERNEL];
const HOW = `apt-get install valgrind, on ${I386_KERNEL}`;
const SHAPE = ['--preset', 'tiny'];

describe('the real programs', () => {
  testWith(NEEDS, HOW, 'a step of p3: counted exactly, and its functions add up', async () => {
    const file = await programOf('p3');
    const program = await openProgram(file, findP6Machine('p3-500'), 'single');
    const found = await modelRow(program, 'step', 'fast', SHAPE);
    const { total, functions } = found?.cycles ?? { functions: new Map() };
    if (!found || !total) throw new Error('no step');
    const counted = await countRow(file, 'step', 'fast', SHAPE);
    // They print the time that passed, with more digits or fewer.
    expect(total.instructions / (counted?.instructions ?? 0)).toBeCloseTo(1, 4);
    expect(found.units).toBeGreaterThan(0);
    const sum = sumOf([...functions.values()]);
    expect(sum.core).toBeCloseTo(total.core, 3);
    expect(sum.withMisses).toBeCloseTo(total.withMisses, 3);
    expect(LIMITS.reduce((all, name) => all + total.by[name], 0)).toBeCloseTo(total.core, 3);
    // No more than three a cycle; and less than one a cycle would be a model gone wrong.
    expect(total.core).toBeGreaterThan(total.instructions / 3);
    expect(total.core).toBeLessThan(total.instructions);
    expect(total.withMisses).toBeGreaterThan(total.core);
    expect([...functions.keys()].some((name) => name.includes('matmul'))).toBe(true);
  });

  testWith(NEEDS, HOW, 'p2 runs on a Pentium II, and p3 does not', async () => {
    const machine = firstP6Machine('pentium2');
    const p2 = await openProgram(await programOf('p2-valgrind'), machine, 'single');
    const step = await modelRow(p2, 'step', 'fast', SHAPE);
    expect(step?.cycles.total.by.alu).toBeGreaterThan(0);
    const p3 = await openProgram(await programOf('p3'), machine, 'single');
    await expect(modelRow(p3, 'step', 'fast', SHAPE)).rejects.toThrow('has no row for');
  });

  testWith(NEEDS, HOW, 'a row without that form gives nothing', async () => {
    const program = await openProgram(await programOf('p3'), findP6Machine('p3-500'), 'single');
    expect(await modelRow(program, 'scales', 'fp32', SHAPE)).toBeUndefined();
  });

  testWith(NEEDS, HOW, 'a whole run has its start in it', async () => {
    const program = await openProgram(await programOf('p3'), findP6Machine('p3-667'), 'single');
    const { total, functions } = await modelRun(program, ['methods']);
    expect(total.core).toBeGreaterThan(1000);
    expect([...functions.keys()]).toContain('main');
  });
});

describe('checkI386', () => {
  it.each([
    ['a text', Buffer.from('hello, this is longer than a head')],
    ['a program of 64 bits', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, ...Array(15).fill(0)])],
    ['nothing', Buffer.alloc(0)],
  ])('when given %s, then it is refused', async (_what, content) => {
    const file = path.join(folder(), 'program');
    await writeFile(file, content);
    await chmod(file, 0o755);
    await expect(checkI386(file)).rejects.toMatchObject({
      message: `--program ${file}: it is no i386 program`,
      exitCode: 2,
    });
  });

  it('when there is nothing, then that is said', async () => {
    await expect(checkI386('/nowhere')).rejects.toThrow('--program /nowhere: it cannot be read');
  });

  it('when given the program p3, then it is taken', async () => {
    await checkI386(await programOf('p3'));
  });
});

describe('a profile', () => {
  const text = [
    'events: Ir Dr Dw I1mr D1mr D1mw ILmr DLmr DLmw ILdmr DLdmr DLdmw',
    'fn=work',
    '0x10 5 10 0 0 1 2 3 0 4 5 0 6 7',
    'calls=2 0x40',
    '0x12 6 99 0 0 99',
    'fn=other',
    '0x12 7 3',
    '0x10 5 1',
  ].join('\n');

  it('adds up an address and leaves out what calls took', () => {
    const { costs, functions } = readProfile(text);
    expect(costs.get(0x10)).toEqual({ executed: 11, l1Misses: 6, l2Misses: 9, writeBacks: 13 });
    expect(costs.get(0x12)?.executed).toBe(3);
    expect(functions.get(0x12)).toBe('other');
  });

  it('less a shorter one is what is left', () => {
    const long = readProfile(text);
    const short = readProfile('events: Ir\n0x10 5 1\n0x12 7 3');
    const rest = subtractProfile(long, short);
    expect(rest.costs.get(0x10)).toEqual({ ...long.costs.get(0x10), executed: 10 });
    expect(rest.costs.has(0x12)).toBe(false);
  });

  it('without instructions is an error', () => {
    expect(() => readProfile('events: Ir\n')).toThrow('a profile without instructions');
  });
});
