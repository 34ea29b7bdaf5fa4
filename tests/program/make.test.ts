// What people without Node type: make, with a C compiler and nothing else.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { make as makeAlone } from '../../ts/build/make.ts';
import { exec, execAny } from '../../ts/support/exec.ts';
import { rootDir } from '../../ts/support/paths.ts';
import { testWith } from '../needs.ts';
import { temporaryFolderOfSuite, useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();
const made = temporaryFolderOfSuite();
// In a build folder of this file's own, since it looks at what is built anew; what only asks what
// would be done has another, for it may ask with other flags.
const make = (...args: string[]) =>
  execAny('make', ['-j2', `BUILDDIR=${made()}/build`, ...args], { cwd: rootDir });
const plan = (...args: string[]) => make('-n', `BUILDDIR=${made()}/plan`, ...args);

// The sources that include a header, straight away: this one has no header above it that does.
function includersOf(header: string): string[] {
  const names = readdirSync(path.join(rootDir, 'c'), { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith('.c'))
    .filter((name) =>
      readFileSync(path.join(rootDir, 'c', name), 'utf8').includes(`#include "${header}"`),
    )
    .map((name) => `c/${name}`)
    .sort();
}

describe('make', () => {
  test.each([[[]], [['USE_SSE_BUILD=1']]])(
    '%j builds a program without a warning',
    async (flags) => {
      const program = path.join(folder(), 'legacy_llm');
      const built = await make(`OUT=${program}`, ...flags);
      expect(built.exitCode).toBe(0);
      expect(built.stderr).toBe('');
      const { stdout } = await exec(program, ['selftest']);
      expect(stdout).toMatch(flags.length > 0 ? /SSE1 and MMX|AVX2/ : /plain C/);
      expect(stdout).toMatch(/\d+ passed, 0 failed/);
      expect((await make(`OUT=${program}`, ...flags)).stdout).toMatch(/Nothing to be done/);
    },
  );

  test('the baseline alone is compiled with -ffast-math, and nothing is linked with it', async () => {
    const { stdout } = await plan('-B', `OUT=${path.join(folder(), 'legacy_llm')}`);
    const calls = stdout.split('\n').filter((line) => line.includes('-std=c99'));
    const fast = calls.filter((line) => line.includes('-ffast-math'));
    expect(fast.length).toBeGreaterThan(0);
    expect(fast.filter((line) => !/ -c c\/baseline\/\w+\.c /.test(line))).toEqual([]);
    expect(calls.filter((line) => line.includes(' -c c/baseline/'))).toEqual(fast);
  });

  testWith(
    ['i686-w64-mingw32-gcc'],
    'install gcc-mingw-w64-i686-win32',
    'MinGW makes an .exe of a Pentium III, without threads',
    async () => {
      const { stdout } = await plan('-B', 'CC=i686-w64-mingw32-gcc', 'USE_SSE_BUILD=1');
      const calls = stdout.split('\n').filter((line) => line.startsWith('i686-w64-mingw32-gcc'));
      expect(calls.at(-1)).toMatch(/ -o legacy_llm\.exe$/);
      expect(calls.filter((line) => !line.includes('-march=pentium3 '))).toEqual([]);
      expect(stdout).not.toContain('-pthread');
    },
  );

  test.each([
    ['gcc', '1', false],
    ['gcc -m32', '0', false],
    ['gcc -m32', '1', true],
  ])(
    'CC="%s" USE_SSE_BUILD=%s: the level of a Pentium III is asked for: %s',
    async (cc, sse, asks) => {
      const flags = ['-B', `OUT=${path.join(folder(), 'legacy_llm')}`];
      const { stdout } = await plan(...flags, `CC=${cc}`, `USE_SSE_BUILD=${sse}`);
      expect(stdout.includes('-march=pentium3 -msse -mno-sse2 -mfpmath=sse')).toBe(asks);
    },
  );

  test('the plain program says in its last line that there is a faster one', async () => {
    const places = [`OUT=${path.join(folder(), 'llm')}`];
    const { stdout } = await make(...places);
    expect(stdout.trim().split('\n').at(-1)).toMatch(/USE_SSE_BUILD=1.* faster .*same bits/);
    expect((await make('USE_SSE_BUILD=1', ...places)).stdout).not.toContain('This is plain C');
  });

  test('flags with quotes are taken as they are', async () => {
    const result = await plan(`CFLAGS=-O0 -DX="a b" -DY='c'`, `OUT=${folder()}/llm`);
    expect(result.stderr).toBe('');
    expect(result.stdout).toContain('-DX="a b"');
  });

  test('flags that would change the bits are refused, or do not', async () => {
    const places = [`OUT=${path.join(folder(), 'llm')}`, `BUILDDIR=${path.join(folder(), 'b')}`];
    for (const flag of ['-Ofast', '-ffast-math']) {
      const { exitCode, stderr } = await make(`CFLAGS=${flag}`, ...places);
      expect(exitCode).not.toBe(0);
      expect(stderr).toContain('compile with -O3 instead');
    }
    const { stdout } = await make('-n', 'CFLAGS=-O3 -ffp-contract=fast', ...places);
    const calls = stdout.split('\n').filter((line) => / -c c\/src\//.test(line));
    const last = calls.map((line) => line.lastIndexOf('-ffp-contract='));
    expect(calls.length).toBeGreaterThan(50);
    expect(calls.map((line, index) => line.slice(last[index]).split(' ')[0])).toEqual(
      calls.map(() => '-ffp-contract=off'),
    );
  });

  test('a compiler without SSE is refused in one line where SSE is asked for', async () => {
    const compiler = path.join(folder(), 'cc');
    writeFileSync(compiler, '#!/bin/sh\nexec cc -U__SSE__ "$@"\n', { mode: 0o755 });
    const result = await plan(`CC=${compiler}`, 'USE_SSE_BUILD=1', `OUT=${folder()}/llm`);
    expect(result.exitCode).not.toBe(0);
    expect(result.stderr).toMatch(/makes no SSE instructions .*; leave out USE_SSE_BUILD=1/);
  });

  test('after a header has changed, what includes it is compiled anew and nothing else', async () => {
    const program = `OUT=${path.join(folder(), 'legacy_llm')}`;
    await make(program);
    const { stdout } = await make('-n', '-W', 'c/src/counts/build_level.h', program);
    const compiled = [...stdout.matchAll(/ -c (\S+) /g)].map(([, source]) => source).sort();
    expect(compiled).toEqual(includersOf('counts/build_level.h'));
    expect(compiled.length).toBeGreaterThan(1);
  });

  test('help names every target', async () => {
    const { stdout } = await make('help');
    const targets = [
      'lib',
      'install',
      'uninstall',
      'test',
      'sanitize',
      'sanitize-memory',
      'valgrind',
      'faults',
      'fuzz',
    ];
    for (const words of [
      'make ',
      'make clean',
      'USE_SSE_BUILD=1',
      ...targets.map((name) => `make ${name}`),
    ]) {
      expect(stdout).toContain(words);
    }
  });

  test('sanitize runs the tests and each command under AddressSanitizer and UBSan', async () => {
    // What the tests with faults are built of, too.
    await makeAlone(['images/make/asan/legacy_llm']);
    const result = await execAny('make', ['-j2', 'sanitize'], { cwd: rootDir });
    expect(result.stdout).toMatch(/\d+ passed, 0 failed/);
    expect(result.stderr).toBe('');
    expect(result.exitCode).toBe(0);
  });

  test('MemorySanitizer finds no value that is read before it is written', async () => {
    const result = await make('sanitize-memory');
    expect(result.stdout).toMatch(/\d+ passed, 0 failed/);
    expect(result.stderr).toBe('');
    expect(result.exitCode).toBe(0);
  });

  test('valgrind would run the tests and each command', async () => {
    const { stdout } = await plan('valgrind', `OUT=${path.join(folder(), 'legacy_llm')}`);
    expect(stdout).toMatch(/^valgrind .*--error-exitcode=9 .*legacy_llm selftest$/m);
    expect(stdout).toMatch(/small_runs\.sh .* valgrind .*--error-exitcode=9 .*legacy_llm$/m);
  });
});
