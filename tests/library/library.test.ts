// liblegacy_llm from outside: installed, linked by a program that knows nothing else of the project.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { make } from '../../ts/build/make.ts';
import { exec } from '../../ts/support/exec.ts';
import { rootDir } from '../../ts/support/paths.ts';
import { stories } from '../stories.ts';
import { temporaryFolderOfSuite, useTemporaryFolder } from '../temporary.ts';
import { dataSymbols, globalSymbols, undefinedSymbols } from './symbols.ts';

const example = path.join(rootDir, 'examples', 'train_and_write.c');
const WARNINGS = ['-std=c99', '-Wall', '-Wextra', '-Wpedantic', '-Wconversion', '-Werror'];

const installed = temporaryFolderOfSuite();
const folder = useTemporaryFolder();
const prefix = () => path.join(installed(), 'usr');
const install = (...args: string[]) => make([`DESTDIR=${installed()}`, 'PREFIX=/usr', ...args]);

const places = () => [
  `OUT=${path.join(installed(), 'legacy_llm')}`,
  `LIB=${path.join(installed(), 'liblegacy_llm.a')}`,
];

beforeAll(() => install('install', ...places()));

// The loss in a line of the example.
const lossOf = (match: RegExpMatchArray) => Number(match[1]);

// What pkg-config says of the installed library, as people have it: a path of its own, no more.
async function flagsOf(...asked: string[]): Promise<string[]> {
  const env = { PKG_CONFIG_PATH: path.join(prefix(), 'lib', 'pkgconfig') };
  const { stdout } = await exec('pkg-config', [...asked, 'legacy_llm'], { env });
  return stdout.trim().split(/\s+/);
}

describe('the installed library', () => {
  test('the example has at most 80 lines, compiles without a warning, trains and writes', async () => {
    expect(readFileSync(example, 'utf8').split('\n').length).toBeLessThanOrEqual(81);
    const program = path.join(folder(), 'example');
    const built = await exec('cc', [
      ...WARNINGS,
      example,
      ...(await flagsOf('--cflags', '--libs')),
      ...['-o', program],
    ]);
    expect(built.stderr).toBe('');
    const { stdout, stderr } = await exec(program, [], { input: readFileSync(stories) });
    const losses = [...stderr.matchAll(/^step \d+: (\d\.\d{4}) nats per token$/gm)].map(lossOf);
    expect(losses).toHaveLength(4);
    expect(losses[3]).toBeLessThan(losses[0] ?? 0);
    expect(stdout.length).toBeGreaterThan(150);
  });

  test('its header is C++ too', async () => {
    const source = path.join(rootDir, 'tests', 'library', 'header.cpp');
    const flags = await flagsOf('--cflags', '--libs');
    const args = ['-Wall', '-Wextra', '-Werror', source, ...flags, '-o', path.join(folder(), 'x')];
    await exec('g++', args);
    const { stdout } = await exec(path.join(folder(), 'x'), []);
    expect(stdout.trim()).toBe((await flagsOf('--modversion')).join());
  });

  test('it exports its prefix and nothing else', async () => {
    const symbols = await globalSymbols(path.join(prefix(), 'lib', 'liblegacy_llm.a'));
    const header = readFileSync(path.join(rootDir, 'c', 'include', 'legacy_llm.h'), 'utf8');
    const declared = [...header.matchAll(/^LEGACY_LLM_API[^;]*?\b(legacy_llm_\w+)\(/gm)];
    expect(symbols).toEqual(declared.map(([, name = '']) => name).sort());
    expect(symbols.length).toBeGreaterThan(50);
  });

  test('it does not print, exit, allocate or touch signals', async () => {
    const used = await undefinedSymbols(path.join(prefix(), 'lib', 'liblegacy_llm.a'));
    const banned =
      /^(_?exit|_Exit|abort|atexit|printf|puts|putchar|perror|vprintf|std(out|err|in)|signal|sigaction|raise|kill|malloc|calloc|realloc|free|__printf_chk|__stack_chk_print)$/;
    expect(used.filter((name) => banned.test(name))).toEqual([]);
    expect(used).toContain('memset');
  });

  test('no data of it changes but the table of kernels', async () => {
    const symbols = await dataSymbols(path.join(prefix(), 'lib', 'liblegacy_llm.a'));
    expect(symbols.map(({ name }) => name).sort()).toEqual(['selected']);
  });

  test('the man page tells of every command', () => {
    const page = readFileSync(path.join(prefix(), 'share/man/man1/legacy_llm.1'), 'utf8');
    const names = readdirSync(path.join(rootDir, 'c/src/commands'));
    for (const name of ['train', 'generate', 'eval', 'plan', 'export', 'tokenizer', 'bench']) {
      expect(names).toContain(`${name}.c`);
      expect(page).toMatch(new RegExp(`^\\.S[SH] .*${name}`, 'm'));
    }
  });

  test.each([
    ['bash', 'bash-completion/completions/legacy_llm'],
    ['zsh', 'zsh/site-functions/_legacy_llm'],
    ['fish', 'fish/vendor_completions.d/legacy_llm.fish'],
  ])('%s finds what it completes by', (shell, file) => {
    const script = readFileSync(path.join(prefix(), 'share', file), 'utf8');
    expect(script).toContain(`legacy_llm --completion ${shell}`);
    expect(script).toMatch(/optimizer.*\bmuon\b/);
  });

  test('the program that is installed with it finds its data from any folder', async () => {
    const program = path.join(prefix(), 'bin/legacy_llm');
    const { stdout } = await exec(program, ['info'], { cwd: folder() });
    expect(stdout.split('\n')[0]).toBe(path.join(prefix(), 'share/legacy_llm/stories.llm'));
    await exec(program, ['plan'], { cwd: folder() });
    expect(readdirSync(folder())).toEqual([]);
  });

  test('uninstall leaves nothing', async () => {
    await install('install', `PREFIX=${folder()}/usr`, 'DESTDIR=', ...places());
    expect(existsSync(path.join(folder(), 'usr/include/legacy_llm.h'))).toBe(true);
    await install('uninstall', `PREFIX=${folder()}/usr`, 'DESTDIR=', ...places());
    const left = readdirSync(path.join(folder(), 'usr'), { recursive: true, withFileTypes: true });
    expect(left.filter((entry) => entry.isFile())).toEqual([]);
    expect(existsSync(path.join(folder(), 'usr/share/legacy_llm'))).toBe(false);
  });
});

describe('two trainings in one process', () => {
  const source = path.join(rootDir, 'tests', 'library', 'two_trainings.c');
  const run = async (program: string, how: string) =>
    (await exec(program, [how, stories])).stdout.trim();

  test('give the bits that each gives alone: in turns, and in two threads', async () => {
    const program = path.join(folder(), 'two_trainings');
    const flags = await flagsOf('--cflags', '--libs');
    await exec('cc', [...WARNINGS, source, ...flags, '-pthread', '-o', program]);
    const alone = await run(program, 'alone');
    expect(alone).toMatch(/^(\w{8} \w{8} [1-9]\d+\n?){2}$/);
    expect(await run(program, 'in-turns')).toBe(alone);
    expect(await run(program, 'in-threads')).toBe(alone);
  });

  test('have no data race, says ThreadSanitizer', async () => {
    const program = path.join(folder(), 'two_trainings');
    const [thread, library] = ['-fsanitize=thread', path.join(folder(), 'thread.a')];
    const places = [`BUILDDIR=${path.join(folder(), 'thread')}`, `LIB=${library}`];
    await make(['lib', `CFLAGS=-O1 -g ${thread}`, ...places]);
    const linked = [
      '-std=c99',
      '-g',
      thread,
      '-pthread',
      '-Ic/include',
      '-Ic/src',
      source,
      library,
    ];
    await exec('cc', [...linked, '-o', program], { cwd: rootDir });
    // Without a fixed place of the program in memory, this sanitizer may not start at all.
    const args = ['-R', program, 'in-threads', stories];
    const { stderr } = await exec('setarch', args, { env: { TSAN_OPTIONS: 'exitcode=66' } });
    expect(stderr).toBe('');
  });
});
