// The cycle model on snippets whose limits can be worked out by hand.
import { describe, expect, it } from 'vitest';
import { readDisassembly } from '../../ts/build/disassembly.ts';
import { modelCycles, p6Table, partsOf, rowOf, sumOf } from '../../ts/counting/p6_cycles.ts';
import { findP6Machine } from '../../ts/counting/p6_machines.ts';
import type { Cost, Profile } from '../../ts/counting/profile.ts';

const machine = findP6Machine('p3-500');
const table = p6Table('single', 'pentium3');
const START = 0x1000;

// One instruction of a snippet: its length in bytes, its text, and what it cost.
type Line = readonly [bytes: number, text: string, cost?: Partial<Cost>];

// A function of these instructions, as objdump prints it.
function disassembly(lines: readonly Line[]): string {
  let at = START;
  const printed = lines.map(([bytes, text]) => {
    const line = `${at.toString(16)}:\t${'90 '.repeat(bytes)}\t${text}`;
    at += bytes;
    return line;
  });
  return [`${START.toString(16).padStart(8, '0')} <work>:`, ...printed].join('\n');
}

// The model of a snippet that runs so often.
function model(executed: number, ...lines: Line[]) {
  const instructions = readDisassembly(disassembly(lines));
  const profile: Profile = { costs: new Map(), functions: new Map() };
  instructions.forEach(({ address }, i) => {
    const none = { executed, l1Misses: 0, l2Misses: 0, writeBacks: 0 };
    profile.costs.set(address, { ...none, ...lines[i]?.[2] });
    profile.functions.set(address, 'work');
  });
  return modelCycles(profile, instructions, table, machine).total;
}

const repeat = (times: number, bytes: number, text: string): Line[] =>
  Array.from({ length: times }, () => [bytes, text] as const);

describe('a block takes as long as its narrowest part works', () => {
  it.each([
    ['four loads, one load port', repeat(4, 3, 'mov (%eax),%ecx'), 4, 'load'],
    ['two loads of 128 bits', repeat(2, 3, 'movaps (%eax),%xmm0'), 4, 'load'],
    ['two stores of 128 bits', repeat(2, 3, 'movaps %xmm0,(%eax)'), 4, 'store'],
    ['six additions, two units', repeat(6, 2, 'add %eax,%ecx'), 3, 'alu'],
    ['three shifts, one unit', repeat(3, 2, 'psrlq $8,%mm0'), 3, 'alu'],
    // The multiplier takes one every second cycle, and p0 an addition in between.
    [
      'x87: multiply and add',
      [
        [2, 'fmul %st(1),%st'],
        [2, 'fadd %st(2),%st'],
      ],
      2,
      'alu',
    ],
    ['a division of single precision', [[3, 'divss %xmm1,%xmm0']], 17, 'alu'],
    ['four divisions at once', [[3, 'divps %xmm1,%xmm0']], 34, 'alu'],
    // 3 a cycle; the renamed ones need no port.
    ['six exchanges of x87', repeat(6, 2, 'fxch %st(1)'), 2, 'retire'],
    ['what only the first decoder takes', repeat(3, 2, 'addps %xmm1,%xmm0'), 6, 'alu'],
    ['load and add in one', repeat(2, 2, 'paddd (%eax),%mm0'), 2, 'load'],
    ['32 bytes of long constants', repeat(4, 8, 'nop'), 2, 'alu'],
    ['48 bytes in 4 instructions', repeat(4, 12, 'nop'), 3, 'fetch'],
  ] as [string, Line[], number, string][])('%s', (_what, lines, cycles, part) => {
    const total = model(10, ...lines);
    expect(total.core).toBe(10 * cycles);
    expect(total.by[part as 'load']).toBe(10 * cycles);
    expect(total.instructions).toBe(10 * lines.length);
  });

  it('microcode keeps the first decoder, 4 micro-ops a cycle and one more', () => {
    // emms: 11 micro-ops, of which two units take 5.5 cycles; 3 times 5.5 is more than 3 times 4.
    expect(model(1, [2, 'emms']).core).toBe(5.5);
    // stmxcsr: 6 micro-ops are 3 cycles of the first decoder.
    expect(model(1, [4, 'stmxcsr (%eax)']).by.decode).toBe(3);
  });

  it('instructions that ran more often are a block of their own', () => {
    // Together they would fill three retired micro-ops a cycle.
    const total = model(1, [3, 'mov (%eax),%ecx', { executed: 5 }], [2, 'add %eax,%ecx']);
    expect(total.core).toBe(5 + 0.5);
  });
});

describe('waiting for memory', () => {
  it('a miss of the first level waits for the second, one of that for memory, too', () => {
    const total = model(100, [3, 'mov (%eax),%ecx', { l1Misses: 10, l2Misses: 4, writeBacks: 2 }]);
    // 180 ns and 40 ns at 500 MHz.
    expect(total.withMisses - total.core).toBeCloseTo(10 * 8 + 4 * 90 + 2 * 20, 9);
    expect(partsOf(total).memory).toBeCloseTo(480, 9);
  });

  it('a prefetch hides the wait for one line, and the bus carries it', () => {
    const load: Line = [3, 'mov (%eax),%ecx', { executed: 4, l1Misses: 4, l2Misses: 4 }];
    const total = model(3, load, [3, 'prefetchnta 0x40(%eax)']);
    expect(total.withMisses - total.core).toBeCloseTo(1 * 8 + 1 * 90 + 3 * 20, 9);
  });
});

describe('what an instruction is', () => {
  const forms = (text: string) => {
    const [one] = readDisassembly(disassembly([[2, text]]));
    if (!one) throw new Error('no instruction');
    return rowOf(one, table).form;
  };

  it.each([
    ['add %eax,%ecx', 'register'],
    ['add (%eax),%ecx', 'load'],
    ['add %ecx,0x10(%esp,%eax,4)', 'store'],
    ['addl $1,%gs:0x14', 'store'],
    ['cmpl $1,(%eax)', 'load'],
    ['jmp 804a5c0 <work+0x80>', 'register'],
    ['jmp *0x80(,%eax,4)', 'load'],
    ['call 804a5c0 <work>', 'register'],
    ['call *%eax', 'indirect'],
    ['jmp *%eax', 'register'],
    ['rep stos %al,%es:(%edi)', 'store'],
  ])('%s: %s', (text, form) => {
    expect(forms(text)).toBe(form);
  });

  it('one that is in no row is an error that names it and its place', () => {
    expect(() => model(1, [4, 'vaddps %xmm1,%xmm0,%xmm2'])).toThrow(
      'the cycle model has no row for "vaddps %xmm1,%xmm0,%xmm2" in work at 0x1000',
    );
  });

  it('a profile of another program is an error', () => {
    const profile: Profile = {
      costs: new Map([[9, { executed: 7, l1Misses: 0, l2Misses: 0, writeBacks: 0 }]]),
      functions: new Map(),
    };
    expect(() => modelCycles(profile, [], table, machine)).toThrow('7 of 7 executed instructions');
  });
});

it('several add up', () => {
  const one = model(2, [3, 'mov (%eax),%ecx', { l2Misses: 1 }]);
  const sum = sumOf([one, one]);
  expect(sum).toEqual({ ...sum, instructions: 4, core: 4, withMisses: 2 * one.withMisses });
});
