// Flags of a compiler: those that would change the bits are refused, or make no difference.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { I386_EMULATOR, runsI386 } from '../../scripts/i386.mjs';
import { exec, execAny } from '../../ts/support/exec.ts';
import { rootDir } from '../../ts/support/paths.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { runProgram, small } from './program.ts';

const folder = useTemporaryFolder();
const isX86 = process.arch === 'x64';

const includes = ['-Ic/include', '-Ic/src'];
const exact = ['-std=c99', '-ffp-contract=off', '-fno-math-errno'];
const gcc = (...args: string[]) => execAny('gcc', [...exact, ...args], { cwd: rootDir });

// What every build of a training ends in.
async function trainedCrc(program: string): Promise<string | undefined> {
  const args = ['train', '--steps', '4', '--out', 'none', ...small];
  const { stdout } = await execAny(program, args, { cwd: rootDir });
  return /CRC-32 ([0-9a-f]{8})/.exec(stdout)?.[1];
}

describe('make', () => {
  const refused = [
    ...['-Ofast', '-ffast-math', '-funsafe-math-optimizations', '-fassociative-math'],
    ...['-freciprocal-math', '-ffinite-math-only', '-fno-signed-zeros', '-ffp-model=fast'],
    ...['-mfpmath=both', '-mfpmath=sse,387'],
  ];
  const places = [
    ...refused.flatMap((flag) => [
      [`CFLAGS=-O2 ${flag} -g`, flag],
      [`CC=gcc ${flag}`, flag],
    ]),
    ['LDFLAGS=-ffast-math', '-ffast-math'],
  ];
  test.each(places)(
    '%s is refused in one line, before anything is compiled',
    async (place, flag) => {
      const result = await execAny('make', [place, `BUILDDIR=${folder()}`], { cwd: rootDir });
      expect(result.exitCode).not.toBe(0);
      expect(result.stderr.trim().split('\n')).toHaveLength(1);
      expect(result.stderr).toContain(`${flag} gives other bits`);
      expect(result.stderr).toContain('compile with -O3 instead');
      expect(readdirSync(folder())).toEqual([]);
    },
  );

  test('what a flag says of fused or wide arithmetic, makes no difference', async () => {
    const flags = [
      ...['-O1', '-flto', '-ffp-contract=fast', '-fexcess-precision=standard', '-std=gnu99'],
      ...['-funroll-loops', '-funsigned-char', '-fshort-enums', '-fmath-errno'],
      ...(isX86 ? ['-mfpmath=387', '-march=native'] : []),
    ];
    const program = path.join(folder(), 'llm');
    const places = [`OUT=${program}`, `BUILDDIR=${path.join(folder(), 'b')}`];
    const built = await execAny('make', ['-j2', `CFLAGS=${flags.join(' ')}`, ...places], {
      cwd: rootDir,
    });
    expect(built.exitCode).toBe(0);
    const crc = await trainedCrc(program);
    expect(crc).toMatch(/^[0-9a-f]{8}$/);
    const { stdout } = await runProgram(
      ['train', '--steps', '4', '--out', 'none', ...small],
      rootDir,
    );
    expect(stdout).toContain(`CRC-32 ${crc}`);
  });
});

describe('without make', () => {
  test.each([
    ['-Ofast'],
    ['-ffast-math'],
    ['-funsafe-math-optimizations'],
    ['-ffinite-math-only'],
    ['-freciprocal-math'],
    ['-fno-signed-zeros'],
  ])('gcc %s shows in a macro, and the sources refuse it', async (flag) => {
    const result = await gcc(...includes, flag, '-fsyntax-only', 'c/src/math/math_ops.c');
    expect(result.exitCode).not.toBe(0);
    expect(result.stderr).toContain('compile with -O3 instead');
  });

  // What shows in no macro of some compilers is found when the program starts. -U hides the macro.
  const fused = /\bfma\b/.test(cpuFlags()) ? [['-mfma -ffp-contract=fast', 'joins a product']] : [];
  const onX86 = [['-m32 -mfpmath=387', 'more than the 24 bits'], ...fused];
  test.each([
    ['-O2', 'nothing'],
    ['-O0', 'nothing'],
    ['-fassociative-math -fno-trapping-math -fno-signed-zeros', 'reorders sums'],
    ['-freciprocal-math', 'multiplies where it should divide'],
    ['-fno-signed-zeros', 'takes -0 for 0'],
    ...(isX86 ? onX86 : []),
  ])('%s: the program finds that its arithmetic does otherwise: %s', async (flags, words) => {
    const main = path.join(folder(), 'main.c');
    const program = path.join(folder(), 'fault');
    writeFileSync(
      main,
      '#include <stdio.h>\n#include "math/arithmetic.h"\nint main(void) {\n' +
        '  const char *fault = arithmetic_fault();\n  puts(fault ? fault : "nothing");\n}\n',
    );
    const hidden = ['ASSOCIATIVE_MATH', 'RECIPROCAL_MATH', 'NO_SIGNED_ZEROS'];
    const built = await gcc(
      ...['-O2', ...flags.split(' '), ...hidden.map((name) => `-U__${name}__`)],
      ...[...includes, main, 'c/src/math/arithmetic.c', '-o', program],
    );
    expect(built.stderr).toBe('');
    const started = flags.includes('-m32') && !runsI386() ? [I386_EMULATOR, program] : [program];
    expect((await exec('env', started)).stdout).toContain(words);
  });
});

function cpuFlags(): string {
  return existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'utf8') : '';
}

test('no object needs a function of libm, however little is optimised', async () => {
  const libm = (await exec('gcc', ['-print-file-name=libm.so.6'])).stdout.trim();
  const names = await exec('nm', ['-D', '--defined-only', '-f', 'posix', libm]);
  const inLibm = new Set(names.stdout.split('\n').map((line) => line.split(/[ @]/)[0]));
  expect(inLibm.has('sqrtf')).toBe(true);
  for (const level of ['-O0', '-Os']) {
    const places = [`BUILDDIR=${path.join(folder(), level)}`, `OUT=${path.join(folder(), 'llm')}`];
    await exec('make', ['-j2', `CFLAGS=${level}`, ...places], { cwd: rootDir });
    const objects = readdirSync(path.join(folder(), level), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.o'))
      .map((name) => path.join(folder(), level, name));
    expect(objects.length).toBeGreaterThan(50);
    const undefinedNames = (await exec('nm', ['-u', '-f', 'posix', ...objects])).stdout
      .split('\n')
      .map((line) => line.split(' ')[0] ?? '');
    expect(undefinedNames).toContain('malloc');
    expect(undefinedNames.filter((name) => inLibm.has(name) && name !== '')).toEqual([]);
  }
});
