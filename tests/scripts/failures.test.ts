// Failures in words: every error of the system is a sentence with a next step.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { open, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { describeError, exitCodeOf, UserError } from '../../scripts/failures.mjs';
import { writeOutput } from '../../scripts/output.mjs';
import { useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();
const at = (name: string) => path.join(folder(), name);

async function errorOf(work: () => Promise<unknown>): Promise<unknown> {
  return work().then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('errors of the system', () => {
  test.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'ENOENT',
      () => readFile(at('none')),
      /^legacy-llm: cannot open .*none: there is no such file/,
    ],
    ['EISDIR', () => readFile(folder()), /^legacy-llm: cannot read an output: it is a folder|open/],
    [
      'ENOTDIR',
      () => readFile(path.join(import.meta.filename, 'x')),
      /a part of the path is a file/,
    ],
    ['EEXIST', () => open(import.meta.filename, 'wx'), /it is there already/],
    ['ENAMETOOLONG', () => readFile(at('x'.repeat(300))), /the name is too long/],
    ['ENOSPC', () => writeFile('/dev/full', 'x'), /^legacy-llm: cannot write .*: the disk is full/],
    [
      'ENOSPC of an open file',
      () => writeOutput('/dev/full', async (handle) => void (await handle.write('x'))),
      /cannot write \/dev\/full: the disk is full/,
    ],
    ['EROFS or EACCES', () => writeFile('/sys/x', 'x'), /permission denied|read-only|not allow/],
  ])('%s: one sentence, one next step, no stack', async (_code, work, words) => {
    const text = describeError(await errorOf(work));
    expect(text).toMatch(words);
    expect(text.split('\n')).toHaveLength(2);
    expect(text).not.toContain('internal error');
  });

  test('a system error that has no words of ours keeps its own', () => {
    const error = Object.assign(new Error('EWEIRD: strange'), { code: 'EWEIRD', syscall: 'open' });
    expect(describeError(error)).toBe('legacy-llm: cannot open an output: EWEIRD: strange');
  });

  test('a fault of the program itself keeps its stack', () => {
    expect(describeError(new TypeError('oops'), 'data')).toMatch(
      /^data: internal error: TypeError: oops\n/,
    );
    expect(describeError('text')).toBe('legacy-llm: internal error: text');
  });

  test('the exit code is the one that the failure names, and 1 for others', () => {
    expect(exitCodeOf(new UserError('x', { exitCode: 2 }))).toBe(2);
    expect(exitCodeOf(new Error('x'))).toBe(1);
  });
});

const repository = path.join(import.meta.dirname, '../..');

describe('commands whose standard output', () => {
  const commands = [
    ['scripts/legacy-llm.mjs', 'build', '--list'],
    ['scripts/legacy-llm.mjs', '--help'],
    ['scripts/stories/generate.mjs', '--help'],
  ].map(([script = '', ...args]) => [path.join(repository, script), ...args]);

  test.each(commands.map((args) => [args]))('is full say so: %j', (args) => {
    const stdio = ['ignore', openSync('/dev/full', 'w'), 'pipe'] as const;
    const { status, stderr } = spawnSync(process.execPath, args, {
      stdio: [...stdio],
      encoding: 'utf8',
    });
    expect(stderr).toMatch(/^[\w-]+: cannot write standard output: the disk is full\n {2}Free/);
    expect(status).toBe(1);
  });

  test.each(commands.map((args) => [args]))('nobody reads end in silence: %j', (args) => {
    const words = [process.execPath, ...args].map((word) => `'${word}'`).join(' ');
    // The reader is gone before the first word.
    const script = `{ sleep 0.2; ${words}; echo "status $?" >&2; } | true`;
    const { stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
    expect(stderr).toBe('status 141\n');
  });

  test.each(commands.map((args) => [args]))('is closed end well: %j', (args) => {
    const words = [process.execPath, ...args].map((word) => `'${word}'`).join(' ');
    const { status, stderr } = spawnSync('sh', ['-c', `${words} >&- <&-`], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

test('what a user may not touch is named', () => {
  mkdirSync(at('theirs'));
  writeFileSync(at('theirs/file'), 'x', { mode: 0 });
  chmodSync(at('theirs'), 0o555);
  chmodSync(folder(), 0o755);
  // Root may do everything, so the child is nobody.
  const script = `
    import { describeError } from ${JSON.stringify(path.join(repository, 'scripts/failures.mjs'))};
    import { readFileSync, writeFileSync } from 'node:fs';
    if (process.getuid() === 0) process.setuid(65534);
    for (const work of [() => writeFileSync('theirs/new', ''), () => readFileSync('theirs/file')])
      try { work(); } catch (error) { console.log(describeError(error)); }`;
  const args = ['--input-type=module', '-e', script];
  const { stdout } = spawnSync(process.execPath, args, { cwd: folder(), encoding: 'utf8' });
  const sentences = stdout.split('\n').filter((line) => line.startsWith('legacy-llm'));
  expect(sentences).toEqual([
    'legacy-llm: cannot open theirs/new: permission denied',
    'legacy-llm: cannot open theirs/file: permission denied',
  ]);
});
