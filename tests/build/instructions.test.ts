import { describe, expect, test } from 'vitest';
import { needOf } from '../../ts/build/instructions.ts';

function labelOf(instruction: string): string {
  const [mnemonic = '', operands = ''] = instruction.split(/ (.*)/);
  return needOf(mnemonic, operands).label;
}

describe('what each instruction needs', () => {
  test.each([
    ['mov %esp,%ebp', 'i686'],
    ['movl $0x0,(%eax)', 'i686'],
    ['movsbl (%eax),%edx', 'i686'],
    ['cmovne %eax,%edx', 'i686'],
    ['nopw 0x0(%eax,%eax,1)', 'i686'],
    ['movsl %ds:(%esi),%es:(%edi)', 'i686'],
    ['verw (%eax)', 'i686'],
    ['pause', 'i686'],
    ['fildll 0x8(%esp)', 'x87'],
    ['fcomip %st(1),%st', 'x87'],
    ['fldcw 0x2(%esp)', 'x87'],
    ['movq (%eax),%mm0', 'MMX'],
    ['pmaddwd %mm1,%mm0', 'MMX'],
    ['emms', 'MMX'],
    ['pshufw $0xe,%mm0,%mm1', 'SSE'],
    ['pmaxsw %mm0,%mm1', 'SSE'],
    ['addps %xmm0,%xmm1', 'SSE'],
    ['cmpltss %xmm0,%xmm1', 'SSE'],
    ['cvttss2si %xmm0,%eax', 'SSE'],
    ['prefetchnta (%eax)', 'SSE'],
    ['movq %xmm0,(%eax)', 'SSE2'],
    ['pmaddwd %xmm1,%xmm0', 'SSE2'],
    ['pmaxsw %xmm0,%xmm1', 'SSE2'],
    ['paddq %mm0,%mm1', 'SSE2'],
    ['pshufd $0x0,%xmm0,%xmm0', 'SSE2'],
    ['movsd (%eax),%xmm0', 'SSE2'],
    ['cvtdq2ps %xmm0,%xmm0', 'SSE2'],
    ['cvtss2sd %xmm0,%xmm0', 'SSE2'],
    ['movdqa %xmm0,(%eax)', 'SSE2'],
    ['mulpd %xmm0,%xmm1', 'SSE2'],
    ['mfence', 'SSE2'],
    ['haddps %xmm0,%xmm1', 'SSE3'],
    ['fisttpll (%eax)', 'SSE3'],
    ['pshufb %mm0,%mm1', 'SSSE3'],
    ['pmulld %xmm0,%xmm1', 'SSE4'],
    ['popcnt %eax,%eax', 'SSE4'],
    ['lzcnt %eax,%eax', 'BMI'],
    ['vaddps %xmm0,%xmm1,%xmm2', 'AVX'],
    ['addps %ymm0,%ymm1', 'AVX'],
  ])('%s: %s', (instruction, label) => {
    expect(labelOf(instruction)).toBe(label);
  });

  test('an estimate is SSE1, but not the same number on all processors', () => {
    expect(needOf('rsqrtps', '%xmm0,%xmm1').feature).toBe('estimate');
  });

  test('an instruction that no table knows is refused', () => {
    expect(needOf('frobnicate', '%eax').feature).toBe('later');
  });
});
