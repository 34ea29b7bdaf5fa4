// Parts of the menu of the images, compiled for this computer, with a stream as their console.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { beforeAll, describe, expect, test } from 'vitest';
import { exec } from '../../ts/support/exec.ts';
import { rootDir } from '../../ts/support/paths.ts';
import { temporaryFolderOfSuite, useTemporaryFolder } from '../temporary.ts';

const builds = temporaryFolderOfSuite();
const folder = useTemporaryFolder();
const at = (name: string) => path.join(folder(), name);

// Compiles a source of this folder, which includes the one that it tries.
async function compile(name: string): Promise<void> {
  const sources = [path.join(rootDir, 'tests/images', name), 'emu/boot/console.c'];
  const flags = ['-std=c99', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror'];
  const program = ['-o', path.join(builds(), path.parse(name).name)];
  await exec('cc', [...flags, ...program, ...sources], { cwd: rootDir, what: `compile ${name}` });
}

// What it writes on its console while these keys are pressed, and its standard output.
async function use(name: string, args: readonly string[], keys = '') {
  const stdio = ['ignore', 'pipe', 'inherit', 'pipe'] as const;
  const child = spawn(path.join(builds(), name), args, { stdio: [...stdio] });
  const seen = { screen: '', out: '' };
  const screen = child.stdio[3] as Duplex;
  screen.on('data', (data: Buffer) => (seen.screen += data));
  child.stdout?.on('data', (data: Buffer) => (seen.out += data));
  if (keys) screen.end(keys); // a program that reads none may be gone already
  const [code] = await once(child, 'close');
  expect(code).toBe(0);
  return seen;
}

describe('a typed text', () => {
  beforeAll(() => compile('typed_text.c'));
  const press = (keys: string) => use('typed_text', [folder()], keys);
  const kept = () => readFileSync(at('typed.txt'), 'utf8');
  const trainBefore = () => {
    writeFileSync(at('typed.txt'), 'before\n');
    writeFileSync(at('typed.ckpt'), '');
  };

  test('is trained on as soon as an empty line ends it', async () => {
    const { screen, out } = await press('1one\ntwo\n\n');
    expect(screen).not.toContain('There is one already');
    expect(out).toContain(`train --text ${at('typed.txt')} --preset tiny --force`);
    expect(kept()).toBe('one\ntwo\n');
    expect(readdirSync(folder())).toEqual(['typed.txt']);
  });

  test.each([
    ['Ctrl-C', 'n1one\n\u0003'],
    ['Ctrl-D', 'n1\u0004'],
    ['an empty line at once', 'n1\n'],
    ['another key', 'nx'],
  ])('that was trained on stays when the new one is given up by %s', async (_, keys) => {
    trainBefore();
    const { out } = await press(keys);
    expect(out).toBe('');
    expect(kept()).toBe('before\n');
    expect(readdirSync(folder()).sort()).toEqual(['typed.ckpt', 'typed.txt']);
  });

  test('and its training go on without being typed again', async () => {
    trainBefore();
    const { screen, out } = await press('g');
    expect(screen).toContain('There is one already. g: go on with it');
    expect(out).toContain(`train --text ${at('typed.txt')} --resume ${at('typed.ckpt')}`);
    expect(kept()).toBe('before\n');
  });

  test('gives way to a new one, and is asked for where only its model is there', async () => {
    trainBefore();
    await press('n2new\n\n');
    expect(kept()).toBe('new\n');
    mkdirSync(at('other'));
    writeFileSync(at('other/typed.ckpt'), '');
    await use('typed_text', [at('other')], '1\u0003');
    expect(existsSync(at('other/typed.txt'))).toBe(false);
  });
});

describe('a disk', () => {
  beforeAll(() => compile('take_disk.c'));
  const take = async (...names: string[]) => (await use('take_disk', names)).screen.split('\n');

  test('that cannot be used leaves models where they were kept', async () => {
    const lines = await take('good1', 'bad');
    expect(lines.slice(-3, -1)).toEqual([
      'bad cannot be used: it holds no FAT or ext2 file system.',
      'Models are kept on good1, in its folder `legacy`.',
    ]);
    expect((await take('bad')).at(-2)).toMatch(/^Models are kept in memory/);
  });

  test('that can be used takes the place of the one before', async () => {
    const lines = await take('good1', 'good2');
    expect(lines.at(-2)).toBe('Models are kept on good2 now, in its folder `legacy`.');
  });
});
