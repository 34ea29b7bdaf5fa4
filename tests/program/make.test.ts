// What people without Node type: make, with a C compiler and nothing else.
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { exec, execAny } from '../../ts/support/exec.ts';
import { rootDir } from '../../ts/support/paths.ts';
import { useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();
const make = (...args: string[]) => execAny('make', args, { cwd: rootDir });

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

  test('help names every target', async () => {
    const { stdout } = await make('help');
    for (const words of ['make ', 'USE_SSE_BUILD=1', 'make test', 'make sanitize', 'make clean']) {
      expect(stdout).toContain(words);
    }
  });

  test('sanitize runs the tests under AddressSanitizer and UBSan', async () => {
    const result = await make('sanitize');
    expect(result.stdout).toMatch(/\d+ passed, 0 failed/);
    expect(result.stderr).toBe('');
    expect(result.exitCode).toBe(0);
  }, 300_000);
});
