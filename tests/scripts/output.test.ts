// Where outputs go: what is written over, what is not, and that it is tried before the work.
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  checkFolder,
  checkOutputs,
  placeOf,
  replaceFolder,
  writeOutput,
} from '../../scripts/output.mjs';
import { exec } from '../../ts/support/exec.ts';
import { useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();
const at = (name: string) => path.join(folder(), name);
const input = (name: string) => ({ path: at(name), option: '--text' });
const output = (name: string, more = {}) => ({ path: at(name), option: '--out', ...more });

function circle(): string {
  symlinkSync('x', at('x'));
  return at('x');
}

describe('one file for two things', () => {
  const make: [string, () => void][] = [
    ['the same path', () => writeFileSync(at('b'), 'x')],
    ['a symbolic link', () => symlinkSync('a', at('b'))],
    ['a hard link', () => linkSync(at('a'), at('b'))],
    [
      'a link to a link',
      () => {
        symlinkSync('c', at('b'));
        symlinkSync('a', at('c'));
      },
    ],
  ];

  test.each(make.slice(1))('an output that is an input by %s is refused', async (_what, link) => {
    writeFileSync(at('a'), 'text');
    link();
    const checked = checkOutputs([output('b', { force: true })], [input('a')]);
    await expect(checked).rejects.toMatchObject({
      message: expect.stringMatching(/^--out .*b is the same file as --text .*a$/),
      exitCode: 2,
    });
    expect(readFileSync(at('a'), 'utf8')).toBe('text');
  });

  test.each(make.slice(0, 2))('two outputs in one by %s are refused', async (what, link) => {
    if (what !== 'the same path') link();
    const log = { ...output(what === 'the same path' ? 'b' : 'a'), option: '--log' };
    await expect(checkOutputs([output('b'), log])).rejects.toThrow('is the same file as');
  });

  test('two outputs that are not there yet are compared by their folder', async () => {
    mkdirSync(at('deep'));
    symlinkSync('deep', at('other'));
    const log = { ...output('other/new'), option: '--log' };
    await expect(checkOutputs([output('deep/new'), log])).rejects.toThrow('is the same file as');
    await checkOutputs([output('deep/new'), { ...output('other/else'), option: '--log' }]);
  });

  test('one FIFO for two outputs is refused, the null device is not', async () => {
    await exec('mkfifo', [at('pipe')]);
    const two = (file: string) =>
      checkOutputs(['--out', '--log'].map((option) => ({ path: file, option })));
    await expect(two(at('pipe'))).rejects.toThrow('is the same file as');
    await two('/dev/null');
  });
});

describe('what cannot be written is refused before the work', () => {
  test.each<[string, () => string, RegExp, number]>([
    ['a folder', folder, /is a folder$/, 2],
    [
      'a file as a folder',
      () => path.join(import.meta.filename, 'x'),
      /a part of the path is a file/,
      1,
    ],
    ['a place of the kernel', () => '/proc/x', /^cannot write --out \/proc\/x: /, 1],
    ['a circle of links', circle, /go in a circle/, 2],
    ['a name that is too long', () => at('x'.repeat(300)), /the name is too long/, 1],
  ])('%s', async (_what, file, words, exitCode) => {
    const error = await checkOutputs([{ path: file(), option: '--out' }]).catch((thrown) => thrown);
    expect(error.message).toMatch(words);
    expect(error.exitCode).toBe(exitCode);
  });

  test('a socket', async () => {
    const server = (await import('node:net')).createServer().listen(at('socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    await expect(checkOutputs([output('socket')])).rejects.toThrow('is no ordinary file');
    server.close();
  });

  test('a folder of reports that is a file', async () => {
    writeFileSync(at('a'), 'x');
    await expect(checkFolder(at('a'), '--out')).rejects.toThrow(/^--out .*a is no folder$/);
    await checkFolder(at('new/folder'), '--out');
    expect(readdirSync(folder())).toEqual(['a']);
  });
});

describe('what is there already', () => {
  test('is refused, unless it is empty, ours, or force is given', async () => {
    writeFileSync(at('novel'), 'Once upon a time');
    await expect(checkOutputs([output('novel', { force: false })])).rejects.toMatchObject({
      message: expect.stringMatching(/^--out .*novel is there already; it is not written over$/),
      hint: 'Give --out another name, or add --force.',
      exitCode: 2,
    });
    await checkOutputs([output('novel', { force: true })]);
    await checkOutputs([output('novel', { isOurs: (head: string) => head.startsWith('Once') })]);
    writeFileSync(at('empty'), '');
    await checkOutputs([output('empty')]);
  });

  test('is not touched by the check, which leaves nothing behind', async () => {
    await checkOutputs([output('new'), { ...output('deep/er/log'), option: '--log' }]);
    expect(readdirSync(folder())).toEqual([]);
  });
});

test('a stream is written in pieces as they come, and stays what it is', async () => {
  await exec('mkfifo', [at('pipe')]);
  const reading = exec('cat', [at('pipe')]);
  await writeOutput(at('pipe'), async (handle) => {
    for (const piece of ['a', 'b']) await handle.writeFile(piece);
  });
  expect((await reading).stdout).toBe('ab');
  expect(lstatSync(at('pipe')).isFIFO()).toBe(true);
  expect(await placeOf('/dev/stdout')).toMatchObject({ kind: 'stream' });
});

describe('a folder', () => {
  const fill = (text: string) => async (work: string) => writeFileSync(path.join(work, text), text);

  test('is there when it is whole, and is replaced by the next one', async () => {
    await replaceFolder(at('deep/a'), fill('one'));
    await replaceFolder(at('deep/a'), fill('two'));
    expect(readdirSync(at('deep'))).toEqual(['a']);
    expect(readdirSync(at('deep/a'))).toEqual(['two']);
  });

  test('that is a link stays one, and what it names is replaced', async () => {
    await replaceFolder(at('a'), fill('one'));
    symlinkSync('a', at('link'));
    await replaceFolder(at('link'), fill('two'));
    expect(readlinkSync(at('link'))).toBe('a');
    expect(readdirSync(at('a'))).toEqual(['two']);
    expect(readdirSync(folder()).sort()).toEqual(['a', 'link']);
  });

  test('whose making fails leaves the old one, and nothing else', async () => {
    await replaceFolder(at('a'), fill('one'));
    const failing = replaceFolder(at('a'), async (work) => {
      await fill('half')(work);
      throw new Error('no more');
    });
    await expect(failing).rejects.toThrow('no more');
    expect(readdirSync(folder())).toEqual(['a']);
    expect(readdirSync(at('a'))).toEqual(['one']);
  });
});
