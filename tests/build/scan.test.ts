import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkScan, scanDisassembly, scanFile } from '../../ts/build/scan.ts';
import { exec } from '../../ts/support/exec.ts';
import { useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();

const LISTING = `
a.out:     file format elf32-i386

Disassembly of section .text:

08049000 <_start>:
 8049000:\txor    %ebp,%ebp
 8049002:\tlock cmpxchg %ecx,(%edx)
 8049005:\trep stos %al,%es:(%edi)
 8049007:\tcall   8049010 <matmul>

08049010 <matmul>:
 8049010:\tmovaps (%eax),%xmm0
 8049013:\tpaddq  %mm1,%mm0
 8049016:\tret
`;

describe('scanDisassembly', () => {
  test('counts functions and instructions, and names function, address and instruction', () => {
    expect(scanDisassembly(LISTING, 'pentium3')).toEqual({
      level: 'pentium3',
      functions: 2,
      instructions: 7,
      violations: [
        {
          function: 'matmul',
          address: '0x8049013',
          instruction: 'paddq %mm1,%mm0',
          needs: 'SSE2',
        },
      ],
    });
  });

  test('a lower level finds more in the same text', () => {
    const found = scanDisassembly(LISTING, 'pentium2').violations;
    expect(found.map((one) => [one.instruction, one.needs])).toEqual([
      ['movaps (%eax),%xmm0', 'SSE'],
      ['paddq %mm1,%mm0', 'SSE2'],
    ]);
  });

  test('a prefix does not hide the instruction behind it', () => {
    const text = '00000000 <f>:\n   0:\tlock cs movdqa %xmm0,(%eax)\n';
    expect(scanDisassembly(text, 'pentium3').violations).toHaveLength(1);
  });

  test('bytes that cannot be decoded are a violation', () => {
    const text = '00000000 <f>:\n   0:\t(bad)\n   1:\tret\n';
    expect(scanDisassembly(text, 'pentium3').violations).toHaveLength(1);
  });
});

describe('checkScan', () => {
  test('a violation fails by name of target, function and instruction', () => {
    const check = () => checkScan('p3', scanDisassembly(LISTING, 'pentium3'));
    expect(check).toThrow(
      'p3: 1 instruction above pentium3, first in function matmul: paddq %mm1,%mm0',
    );
  });

  test('a disassembly without instructions fails, since it proves nothing', () => {
    expect(() => checkScan('p3', scanDisassembly('', 'pentium3'))).toThrow('proves nothing');
  });

  test('a clean result passes', () => {
    const clean = scanDisassembly(LISTING.replace(/.*paddq.*\n/, ''), 'pentium3');
    expect(() => checkScan('p3', clean)).not.toThrow();
  });
});

describe('on real object files', () => {
  async function compile(source: string, ...flags: string[]): Promise<string> {
    const file = path.join(folder(), 'f.c');
    const object = path.join(folder(), 'f.o');
    await writeFile(file, source);
    await exec('gcc', ['-O2', ...flags, '-c', file, '-o', object]);
    return object;
  }

  const SSE = `#include <xmmintrin.h>
    void scale(float *x, float k) {
      _mm_storeu_ps(x, _mm_mul_ps(_mm_loadu_ps(x), _mm_set1_ps(k)));
    }`;
  const SSE2 = `#include <emmintrin.h>
    void add_long(__m128i *x) { x[0] = _mm_add_epi64(x[0], x[1]); }`;

  test('SSE intrinsics are within Pentium III and above Pentium II', async () => {
    const object = await compile(SSE, '-m32', '-msse');
    expect((await scanFile(object, 'pentium3')).violations).toEqual([]);
    const found = (await scanFile(object, 'pentium2')).violations;
    expect(found.map((one) => one.needs)).toContain('SSE');
    expect(found.every((one) => one.function === 'scale')).toBe(true);
  });

  test('SSE2 intrinsics are above Pentium III', async () => {
    const object = await compile(SSE2, '-m32', '-msse2');
    const [first] = (await scanFile(object, 'pentium3')).violations;
    expect(first).toMatchObject({ function: 'add_long', needs: 'SSE2' });
  });

  test('what the compiler itself chooses is found, too: double arithmetic in SSE2', async () => {
    const source = 'double half(double x) { return x * 0.5; }';
    const object = await compile(source, '-m32', '-msse2', '-mfpmath=sse');
    expect((await scanFile(object, 'pentium3')).violations.length).toBeGreaterThan(0);
    const x87 = await compile(source, '-m32', '-march=pentium2', '-mno-sse');
    expect((await scanFile(x87, 'pentium2')).violations).toEqual([]);
  });

  test('a file for another processor is refused', async () => {
    const object = await compile('int one(void) { return 1; }');
    await expect(scanFile(object, 'pentium3')).rejects.toThrow('is not a 32-bit i386 file');
  });
});
