// The table of micro-ops: its shape, and that it knows the whole of both programs it is meant for.
import { describe, expect, it } from 'vitest';
import { disassembleText, readDisassembly } from '../../ts/build/disassembly.ts';
import { p6Table, rowOf } from '../../ts/counting/p6_cycles.ts';
import { PORTS, p6Rows, SOURCES, UNITS } from '../../ts/counting/p6_table.ts';
import { programOf } from '../program/program.ts';

const PRECISIONS = ['single', 'double', 'extended'] as const;
const PROCESSORS = ['pentium2', 'pentium3'] as const;
const rows = p6Rows('single', 'pentium3');

describe('the table of micro-ops', () => {
  it.each(PROCESSORS)('has no instruction twice in a form, for a %s', (processor) => {
    for (const precision of PRECISIONS) {
      const all = p6Rows(precision, processor).flatMap(({ names }) => names);
      expect(p6Table(precision, processor).size).toBe(all.length);
    }
  });

  it('names only ports and units, whole numbers of each, and a source', () => {
    const known: readonly string[] = [...PORTS, ...UNITS];
    for (const { names, needs, source } of rows) {
      expect(names.length).toBeGreaterThan(0);
      expect(SOURCES).toHaveProperty(source);
      for (const [name, count] of Object.entries(needs)) {
        expect(known).toContain(name);
        expect(Number.isInteger(count) && count > 0, `${names[0]} ${name}`).toBe(true);
      }
    }
  });

  it('has a load for what reads memory, an address and data for what writes it', () => {
    // The address alone is used, or nothing.
    const withoutLoad = ['lea', 'nop'];
    for (const { names, form, needs } of rows) {
      const [name = ''] = names;
      if (form === 'load' && !withoutLoad.includes(name)) expect(needs.p2, name).toBeGreaterThan(0);
      if (form === 'store') expect([needs.p3, needs.p4].every(Boolean), name).toBe(true);
      if (form === 'register')
        expect(needs.p2 === undefined || /^(pop|ret|leave)/.test(name)).toBe(true);
    }
  });

  it('divides as long as the precision asks', () => {
    const [single, , extended] = PRECISIONS.map((precision) => p6Table(precision, 'pentium2'));
    expect(single?.get('fdiv register')?.needs).toEqual({ p0: 1, divider: 17 });
    expect(extended?.get('fdiv register')?.needs).toEqual({ p0: 1, divider: 37 });
    expect(extended?.get('fsqrt register')?.needs).toEqual({ p0: 1, divider: 69 });
  });

  it('has no SSE for a Pentium II', () => {
    const [two, three] = PROCESSORS.map((processor) => p6Table('single', processor));
    for (const name of ['addps register', 'movaps load', 'pshufw register', 'prefetchnta load']) {
      expect(two?.has(name)).toBe(false);
      expect(three?.has(name)).toBe(true);
    }
  });
});

it.each([
  ['p2', 'pentium2'],
  ['p3', 'pentium3'],
] as const)('every instruction of %s has a row', async (target, processor) => {
  const table = p6Table('single', processor);
  const all = readDisassembly(await disassembleText(await programOf(target)));
  expect(all.length).toBeGreaterThan(50_000);
  for (const one of all) rowOf(one, table);
});
