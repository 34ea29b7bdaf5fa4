import { describe, expect, test } from 'vitest';
import {
  compareReplaced,
  type Replacement,
  replaceInstructions,
  withoutUnpack,
} from '../../ts/build/replacements.ts';

describe('replaceInstructions', () => {
  test('when an instruction is one of the rows, then it is replaced, and nothing else', () => {
    const text = [
      '\tmovaps\t%xmm1, %xmm0',
      '\tunpcklps\t%xmm2, %xmm3',
      '\tunpckhps\t16(%eax,%ecx,4), %xmm7',
      '\tpunpckldq\t%mm1, %mm0',
    ].join('\n');
    expect(replaceInstructions(text, withoutUnpack)).toBe(
      [
        '\tmovaps\t%xmm1, %xmm0',
        '\tshufps $0x44,%xmm2,%xmm3',
        '\tshufps $0xd8,%xmm3,%xmm3',
        '\tshufps $0xee,16(%eax,%ecx,4),%xmm7',
        '\tshufps $0xd8,%xmm7,%xmm7',
        '\tpunpckldq\t%mm1, %mm0',
      ].join('\n'),
    );
  });

  test('when it stands in a form that is not known, then it is refused', () => {
    const text = '\tnop; unpcklps %xmm1, %xmm0; nop\n';
    expect(() => replaceInstructions(text, withoutUnpack)).toThrow('holds unpcklps in a form');
  });
});

// The four lanes of a register, the lowest first.
type Lanes = readonly string[];
type Registers = Readonly<Record<string, Lanes>>;

// What Intel's manual says of the three instructions.
const lane = (from: Lanes, order: number, place: number) => from[(order >> (2 * place)) & 3] ?? '';
const shufps = (order: number, source: Lanes, target: Lanes): Lanes => [
  ...[lane(target, order, 0), lane(target, order, 1)],
  ...[lane(source, order, 2), lane(source, order, 3)],
];
const unpack = (at: number, source: Lanes, target: Lanes): Lanes =>
  [target[at], source[at], target[at + 1], source[at + 1]].map(String);

// Carries out the row's instructions.
function carryOut(
  { by }: Replacement,
  source: string,
  target: string,
  before: Registers,
): Registers {
  const registers: Record<string, Lanes> = { ...before };
  for (const one of by) {
    const text = one.replaceAll('SOURCE', source).replaceAll('TARGET', target);
    const [, order, from = '', to = ''] = /^shufps \$(\w+),(%\w+),(%\w+)$/.exec(text) ?? [];
    registers[to] = shufps(Number(order), registers[from] ?? [], registers[to] ?? []);
  }
  return registers;
}

describe('the rows of Bochs', () => {
  const registers = { '%xmm0': ['t0', 't1', 't2', 't3'], '%xmm1': ['s0', 's1', 's2', 's3'] };
  const [low, high] = withoutUnpack as [Replacement, Replacement];

  test('they leave in the target what the instruction leaves there, and the source as it was', () => {
    expect(carryOut(low, '%xmm1', '%xmm0', registers)).toEqual({
      '%xmm0': ['t0', 's0', 't1', 's1'],
      '%xmm1': ['s0', 's1', 's2', 's3'],
    });
    expect(carryOut(high, '%xmm1', '%xmm0', registers)).toEqual({
      '%xmm0': ['t2', 's2', 't3', 's3'],
      '%xmm1': ['s0', 's1', 's2', 's3'],
    });
  });

  test.each([
    ['unpcklps', low, 0],
    ['unpckhps', high, 2],
  ])('they do so where both operands are one register: %s', (_name, row, at) => {
    const same = registers['%xmm0'];
    expect(carryOut(row, '%xmm0', '%xmm0', registers)['%xmm0']).toEqual(unpack(at, same, same));
  });
});

const ORIGINAL = `
08049000 <f>:
 8049000:\tmovaps 0x80a0000,%xmm0
 8049007:\tunpcklps %xmm1,%xmm0
 804900a:\tlea    0x0(%esi),%esi
 8049010:\taddps  %xmm1,%xmm0
 8049013:\tjne    8049007 <f+0x7>
 8049015:\tjmp    804900a <f+0xa>
 8049017:\tcall   8049020 <g>
 804901c:\txchg   %ax,%ax

08049020 <g>:
 8049020:\tmovaps 0x80a0000,%xmm0
 8049027:\tret
`;

const CHANGED = `
08049000 <f>:
 8049000:\tmovaps 0x80a0040,%xmm0
 8049007:\tshufps $0x44,%xmm1,%xmm0
 804900b:\tshufps $0xd8,%xmm0,%xmm0
 804900f:\tnop
 8049010:\taddps  %xmm1,%xmm0
 8049013:\tjne    8049007 <f+0x7>
 8049015:\tjmp    8049010 <f+0x10>
 8049017:\tcall   8049030 <g>
 804901c:\tlea    0x0(%esi,%eiz,1),%esi

08049030 <g>:
 8049030:\tmovaps 0x80a0040,%xmm0
 8049037:\tret
`;

describe('compareReplaced', () => {
  test('when only the replaced instruction differs, then moved code and filling do not matter', () => {
    expect(compareReplaced(ORIGINAL, CHANGED, withoutUnpack)).toEqual({
      replaced: 1,
      instructions: 8,
    });
  });

  test.each([
    ['another instruction', 'addps  %xmm1', 'subps  %xmm1', 'stands "subps %xmm1,%xmm0"'],
    ['another register', 'addps  %xmm1', 'addps  %xmm2', 'not "addps %xmm1,%xmm0"'],
    ['another order of the shuffle', '$0xd8', '$0xd9', 'shufps $0xd9'],
    ['a jump to another place', 'jne    8049007', 'jne    804900b', 'jne 804900b'],
    [
      'an address that moves otherwise',
      '8049030:\tmovaps 0x80a0040',
      '8049030:\tmovaps 0x80a0044',
      'in function g',
    ],
    ['an instruction too many', ':\tret\n', ':\tret\n 8049038:\tret\n', 'not "the end"'],
    ['one too few', ' 8049037:\tret\n', '', 'stands "the end", not "ret"'],
  ])('when there is %s, then it fails and names it', (_what, from, to, message) => {
    expect(CHANGED).toContain(from);
    const planted = CHANGED.replace(from, to);
    expect(() => compareReplaced(ORIGINAL, planted, withoutUnpack)).toThrow(message);
  });
});
