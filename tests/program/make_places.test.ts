// Where make builds, with which compilers, in which order, and what it refuses in one line.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ExecResult, execAny } from '../../ts/support/exec.ts';
import { rootDir } from '../../ts/support/paths.ts';
import { testWith } from '../needs.ts';
import { temporaryFolderOfSuite, useTemporaryFolder } from '../temporary.ts';
import { small } from './program.ts';

const folder = useTemporaryFolder();
const at = (name: string) => path.join(folder(), name);
const made = temporaryFolderOfSuite();
const make = (...args: string[]) => execAny('make', args, { cwd: rootDir });

// A build that is there already, in a folder of this file's own.
const build = () => ['-j2', 'CFLAGS=-O0', `BUILDDIR=${made()}/build`, `OUT=${made()}/llm`];

const compiledIn = ({ stdout }: ExecResult) =>
  stdout.split('\n').filter((line) => / -c c\/\S+\.c /.test(line)).length;

function expectOneLine(result: ExecResult, words: RegExp): void {
  expect(result.exitCode).not.toBe(0);
  expect(result.stderr.trim().split('\n')).toHaveLength(1);
  expect(result.stderr).toMatch(words);
  expect(compiledIn(result)).toBe(0);
}

// A checkout in a folder whose name has a space, into which nothing is to be written.
function checkout(): string {
  const place = at('a checkout');
  mkdirSync(place);
  for (const name of ['Makefile', 'c', 'data']) {
    cpSync(path.join(rootDir, name), path.join(place, name), { recursive: true });
  }
  return place;
}

const filesOf = (place: string) => readdirSync(place, { recursive: true, encoding: 'utf8' }).sort();

describe('places', () => {
  test('all is built beside a checkout that stays as it is, from another folder', async () => {
    const place = checkout();
    const before = filesOf(place);
    const places = [`BUILDDIR=${at('new/build')}`, `OUT=${at('new/bin/llm')}`];
    const args = ['-j8', '-C', place, 'CFLAGS=-O0', ...places, 'clean', 'all'];
    const result = await execAny('make', args, { cwd: folder() });
    expect(result.stderr).toBe('');
    expect(result.exitCode).toBe(0);
    expect(filesOf(place)).toEqual(before);
    const { stdout } = await execAny('make', ['-C', place, 'CFLAGS=-O0', ...places, 'test'], {
      cwd: folder(),
    });
    expect(stdout).toMatch(/\d+ passed, 0 failed/);
    const again = await execAny('make', ['-C', place, 'CFLAGS=-O0', ...places], { cwd: folder() });
    expect(again.stdout).toMatch(/Nothing to be done/);
    expect(filesOf(place)).toEqual(before);
  });

  test('clean removes what make made, and nothing that lies beside it', async () => {
    mkdirSync(at('b/plain'), { recursive: true });
    for (const name of ['b/mine.txt', 'b/plain/old.o', 'llm', 'lib.a'])
      writeFileSync(at(name), 'x');
    mkdirSync(at('folder'));
    const result = await make(
      'clean',
      `BUILDDIR=${at('b')}`,
      `OUT=${at('llm')}`,
      `LIB=${at('lib.a')}`,
    );
    expect(result.exitCode).toBe(0);
    expect(filesOf(folder())).toEqual(['b', 'b/mine.txt', 'folder']);
    await make('clean', `BUILDDIR=${at('b')}`, `OUT=${at('folder')}`, `LIB=${at('lib.a')}`);
    expect(existsSync(at('folder'))).toBe(true);
  });

  test('with clean among them, goals are made one after the other', async () => {
    const { stdout } = await make(
      '-n',
      '-j4',
      'test',
      'clean',
      'lib',
      `BUILDDIR=${at('b')}`,
      `OUT=${at('llm')}`,
    );
    const order = ['selftest', 'rm -rf', 'ar rcs'].map((words) => stdout.indexOf(words));
    expect(order.every((place) => place >= 0)).toBe(true);
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  test('-n changes nothing; other flags make all anew, the same ones nothing', async () => {
    expect((await make(...build())).exitCode).toBe(0);
    const all = compiledIn(await make('-n', ...build(), 'CFLAGS=-O1'));
    expect(all).toBeGreaterThan(90);
    expect(compiledIn(await make('-n', ...build(), 'CPPFLAGS=-DX'))).toBe(all);
    const linked = await make('-n', ...build(), 'LDFLAGS=-Wl,-s');
    expect(compiledIn(linked)).toBe(0);
    expect(linked.stdout).toContain('-Wl,-s');
    expect((await make(...build())).stdout).toMatch(/Nothing to be done/);
  });
});

describe('compilers', () => {
  test('clang says nothing', async () => {
    const places = [`BUILDDIR=${at('b')}`, `OUT=${at('llm')}`];
    const result = await make('-j2', 'CC=clang', 'CFLAGS=-O0', ...places);
    expect(result.stderr).toBe('');
    expect(result.exitCode).toBe(0);
  });

  test('one that does not tell what an object depends on has it depend on every header', async () => {
    const compiler = at('cc');
    writeFileSync(compiler, '#!/bin/sh\ncase "$*" in *-MMD*) exit 1;; esac\nexec cc "$@"\n', {
      mode: 0o755,
    });
    const places = [`CC=${compiler}`, 'CFLAGS=-O0', `BUILDDIR=${at('b')}`, `OUT=${at('llm')}`];
    const object = at('b/plain/c/src/base/crc32.o');
    expect((await make(...places, object)).exitCode).toBe(0);
    expect(compiledIn(await make('-n', ...places, object))).toBe(0);
    expect(compiledIn(await make('-n', ...places, '-W', 'c/src/text/bpe.h', object))).toBe(1);
  });

  testWith(['tcc'], 'install tcc', 'tcc gives the same bits', async () => {
    const places = [`BUILDDIR=${at('b')}`, `OUT=${at('llm')}`];
    expect((await make('-j2', 'CC=tcc', 'CFLAGS=', ...places)).exitCode).toBe(0);
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true); // tcc -o replaces devices
    expect((await make(...build())).exitCode).toBe(0);
    const programs = { tcc: at('llm'), cc: `${made()}/llm` };
    for (const [name, program] of Object.entries(programs)) {
      const args = ['train', '--steps', '3', ...small, '--out', at(name)];
      expect((await execAny(program, args, { cwd: rootDir })).exitCode).toBe(0);
    }
    expect(readFileSync(at('tcc')).equals(readFileSync(at('cc')))).toBe(true);
  });

  testWith(['bmake'], 'install bmake', 'BSD make says that this is for GNU make', async () => {
    const result = await execAny('bmake', [], { cwd: rootDir });
    expect(result.exitCode).not.toBe(0);
    expect(result.stdout + result.stderr).toMatch(/line \d+: .*for GNU make.*gmake/);
  });
});

describe('what cannot be is one line', () => {
  test.each([
    ['a compiler of C++', ['CC=ccache g++'], /compiles C\+\+, and this is C.*CC=gcc/],
    ['a name with a space', ['OUT=my program'], /without spaces/],
    ['no name at all', ['OUT='], /without spaces/],
    ['clean with such a name', ['clean', 'OUT=my program'], /without spaces/],
    [
      'a folder with a space to install into',
      ['install', 'DESTDIR=/tmp/my folder'],
      /without spaces/,
    ],
    [
      'a build folder that cannot be',
      ['BUILDDIR=/dev/null/b'],
      /cannot write in .*BUILDDIR=.* OUT=/,
    ],
  ])('%s', async (_name, args, words) => {
    expectOneLine(await make(...args), words);
  });

  test('a folder without sources', async () => {
    symlinkSync(path.join(rootDir, 'Makefile'), at('Makefile'));
    expectOneLine(
      await execAny('make', [], { cwd: folder() }),
      /sources are not here.*make -C FOLDER/,
    );
  });

  test('what only tells or removes something, works with any flags', async () => {
    for (const goal of ['help', 'list-library']) {
      const result = await make(goal, `CFLAGS=-Ofast -DX="it's"`, 'CC=g++', 'USE_SSE_BUILD=1');
      expect(result.stderr).toBe('');
      expect(result.exitCode).toBe(0);
    }
  });
});

test.each(['0', 'no', 'off', ''])('USE_SSE_BUILD=%s is the plain build', async (value) => {
  const { stdout } = await make('-n', '-B', `USE_SSE_BUILD=${value}`, `BUILDDIR=${at('b')}`);
  expect(stdout).not.toContain('-DUSE_SSE_BUILD');
  expect(compiledIn({ stdout } as ExecResult)).toBeGreaterThan(50);
});
