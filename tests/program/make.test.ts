// What people without Node type: make, with a C compiler and nothing else.
import { readdirSync, readFileSync, statSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { exec, execAny } from '../../ts/support/exec.ts';
import { rootDir } from '../../ts/support/paths.ts';
import { useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();
const make = (...args: string[]) => execAny('make', args, { cwd: rootDir });

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
      expect(stdout).toContain(flags.length > 0 ? 'SSE1 and MMX' : 'plain C');
      expect(stdout).toMatch(/\d+ passed, 0 failed/);
      expect((await make(`OUT=${program}`, ...flags)).stdout).toMatch(/Nothing to be done/);
    },
  );

  test('the baseline alone is compiled with -ffast-math, and nothing is linked with it', async () => {
    const { stdout } = await make('-n', '-B', `OUT=${path.join(folder(), 'legacy_llm')}`);
    const calls = stdout.split('\n').filter((line) => line.includes('-std=c99'));
    const fast = calls.filter((line) => line.includes('-ffast-math'));
    expect(fast.length).toBeGreaterThan(0);
    expect(fast.filter((line) => !/ -c c\/baseline\/\w+\.c /.test(line))).toEqual([]);
    expect(calls.filter((line) => line.includes(' -c c/baseline/'))).toEqual(fast);
  });

  test.each([
    ['gcc', '1', false],
    ['gcc -m32', '0', false],
    ['gcc -m32', '1', true],
  ])(
    'CC="%s" USE_SSE_BUILD=%s: the level of a Pentium III is asked for: %s',
    async (cc, sse, asks) => {
      const flags = ['-n', '-B', `OUT=${path.join(folder(), 'legacy_llm')}`];
      const { stdout } = await make(...flags, `CC=${cc}`, `USE_SSE_BUILD=${sse}`);
      expect(stdout.includes('-march=pentium3 -msse -mno-sse2 -mfpmath=sse')).toBe(asks);
    },
  );

  test('after a header has changed, what includes it is compiled anew and nothing else', async () => {
    const program = `OUT=${path.join(folder(), 'legacy_llm')}`;
    const header = path.join(rootDir, 'c/src/text/ngram.h');
    await make('-j2', program);
    const { atime, mtime } = statSync(header);
    utimesSync(header, atime, new Date());
    const { stdout } = await make('-j2', program);
    utimesSync(header, atime, mtime);
    const compiled = [...stdout.matchAll(/ -c (\S+) /g)].map(([, source]) => source).sort();
    expect(compiled).toEqual(includersOf('text/ngram.h'));
    expect(compiled.length).toBeGreaterThan(1);
  }, 300_000);

  test('help names every target', async () => {
    const { stdout } = await make('help');
    const targets = [
      'lib',
      'install',
      'uninstall',
      'test',
      'sanitize',
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
    const result = await make('sanitize');
    expect(result.stdout).toMatch(/\d+ passed, 0 failed/);
    expect(result.stderr).toBe('');
    expect(result.exitCode).toBe(0);
  }, 600_000);

  test('valgrind finds nothing in the tests and in each command', async () => {
    const result = await make('valgrind', `OUT=${path.join(folder(), 'legacy_llm')}`);
    expect(result.stdout).toMatch(/\d+ passed, 0 failed/);
    expect(result.stderr).toBe('');
    expect(result.exitCode).toBe(0);
  }, 600_000);
});
