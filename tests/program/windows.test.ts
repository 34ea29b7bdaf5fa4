// The program on Windows, under Wine: files that appear whole, locks, interrupts, streams as bytes.
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { exec, execAny } from '../../ts/support/exec.ts';
import { rootDir } from '../../ts/support/paths.ts';
import { testWith } from '../needs.ts';
import { stories } from '../stories.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { startChild } from './child.ts';
import { onlyLine, programOf, runProgram, small } from './program.ts';

const folder = useTemporaryFolder();
const at = (name: string) => path.join(folder(), name);
const sample = stories;
const MINGW = 'i686-w64-mingw32-gcc';

const onWindows = (name: string, run: () => Promise<void>) =>
  testWith(['wine', MINGW], 'install wine32 and gcc-mingw-w64-i686-win32', name, run);

// Runs a program for Windows in the folder of the test.
const runWine = (file: string, args: readonly string[], input?: Uint8Array) =>
  execAny('wine', [file, ...args], { cwd: folder(), ...(input && { input }) });

async function onWine(args: readonly string[], input?: Uint8Array) {
  return runWine(await programOf('win32'), args, input);
}

// A program of its own for a test.
async function compile(name: string, ...sources: string[]): Promise<string> {
  const files = [`tests/program/${name}.c`, ...sources].map((file) => path.join(rootDir, file));
  const flags = ['-std=c99', '-Wall', '-Wextra', '-Werror', `-I${path.join(rootDir, 'c/src')}`];
  const include = `-I${path.join(rootDir, 'c/include')}`;
  await exec(MINGW, [...flags, include, '-static', ...files, '-o', at(`${name}.exe`)]);
  return at(`${name}.exe`);
}

const train = (out: string) => ['train', '--text', 'text.txt', '--out', out, ...small];

// The text beside the outputs, under a name without a folder.
function putText(): void {
  copyFileSync(sample, at('text.txt'));
}

onWindows('the self-test passes', async () => {
  const { exitCode, stdout } = await onWine(['selftest']);
  expect(stdout).toMatch(/^\d+ passed, 0 failed$/m);
  expect(exitCode).toBe(0);
});

onWindows('saves over one name, stops and goes on, to the bytes of this machine', async () => {
  putText();
  const lines = (name: string) => [
    [...train(`${name}.ckpt`), ...`--steps 9 --stop-after 6 --save-every 2 --keep 3`.split(' ')],
    [...`train --text text.txt --resume ${name}.ckpt --save-every 1 --keep 3`.split(' ')],
  ];
  for (const line of lines('win')) {
    expect((await onWine([...line, '--log', 'win.log'])).exitCode).toBe(0);
  }
  for (const line of lines('here')) {
    expect((await runProgram([...line, '--log', 'here.log'], folder())).exitCode).toBe(0);
  }
  for (const name of ['.ckpt', '.ckpt.1', '.ckpt.2', '.log']) {
    expect(readFileSync(at(`win${name}`)).equals(readFileSync(at(`here${name}`)))).toBe(true);
  }
  const left = readdirSync(folder()).filter((name) => name.startsWith('win'));
  expect(left.sort()).toEqual(['win.ckpt', 'win.ckpt.1', 'win.ckpt.2', 'win.log']);
});

onWindows('standard input and output carry bytes, no line ends of Windows', async () => {
  const text = readFileSync(sample);
  const encode = ['encode', '--text', '-', '--tokenizer', 'bytes'];
  const numbers = await onWine(encode, text);
  expect(numbers.stdout).toBe((await execAny(await programOf(), encode, { input: text })).stdout);
  expect(numbers.stdout).not.toContain('\r');
  const model = ['--model', path.join(rootDir, 'data', 'stories.llm')];
  const tell = ['generate', ...model, '--prompt', 'A cat', '--tokens', '60'];
  expect((await onWine(tell)).stdout).toBe((await runProgram(tell)).stdout);
});

onWindows('Ctrl-C saves, and a second writer is refused before', async () => {
  putText();
  const args = [...train('my.ckpt'), '--steps', '100000'];
  const child = startChild('wine', [await programOf('win32'), ...args], folder());
  await child.prints('step 1/');
  const second = await onWine(args);
  expect(second.exitCode).toBe(2);
  expect(onlyLine(second)).toContain('my.ckpt is being written by another run');
  child.kill('SIGINT');
  const { code, stderr } = await child.ended;
  expect(stderr).toMatch(
    /stopped at step \d+; the checkpoint is saved; go on with: .* --resume my/,
  );
  expect(code).toBe(130);
  expect(readdirSync(folder()).sort()).toEqual(['my.ckpt', 'text.txt']);
});

onWindows('what a killed run left is removed by the next one, which goes on', async () => {
  putText();
  const args = [...train('my.ckpt'), '--steps', '100000', '--save-every', '1'];
  const child = startChild('wine', [await programOf('win32'), ...args], folder());
  await child.prints('step 1/');
  await child.prints('step 5');
  child.kill('SIGKILL');
  await child.ended;
  const owner = /^legacy_llm (\d+)\n$/.exec(readFileSync(at('my.ckpt.lock'), 'utf8'))?.[1];
  writeFileSync(at(`my.ckpt.tmp-${owner}`), 'half');
  const next = await onWine([
    'train',
    '--text',
    'text.txt',
    '--resume',
    'my.ckpt',
    '--stop-after',
    '1',
  ]);
  expect(next.stderr).toBe('');
  expect(next.exitCode).toBe(0);
  expect(readdirSync(folder()).sort()).toEqual(['my.ckpt', 'text.txt']);
});

onWindows('no name of an input can be written over: other letters, folders, streams', async () => {
  putText();
  const redirect = await compile('windows_redirect');
  const program = await programOf('win32');
  const encode = ['encode', '--tokenizer', 'bytes', '--force'];
  for (const out of ['TEXT.TXT', '.\\text.txt', path.join(folder(), 'text.txt')]) {
    const result = await onWine([...encode, '--text', 'text.txt', '--out', out]);
    expect([out, result.exitCode]).toEqual([out, 2]);
    expect(onlyLine(result)).toContain('they are one file');
  }
  const fromText = ['text.txt', '', program, ...encode, '--text', '-'];
  const onInput = await runWine(redirect, [...fromText, '--out', 'text.txt']);
  expect(onlyLine(onInput)).toContain('text.txt of --out is also standard input');
  const toLog = ['', 'my.log', program, ...train('none'), '--log', 'my.log'];
  const onOutput = await runWine(redirect, toLog);
  expect(onlyLine(onOutput)).toContain('my.log of --log is also standard output');
  expect(readFileSync(at('text.txt')).equals(readFileSync(sample))).toBe(true);
});

onWindows('devices have their names in every folder, and are no files', async () => {
  putText();
  const logged = await onWine([...train('none'), '--steps', '2', '--log', 'nul']);
  expect(logged.exitCode).toBe(0);
  const refused = await onWine([...train('.\\NUL.ckpt'), '--steps', '2']);
  expect(onlyLine(refused)).toContain('it is not an ordinary file');
  expect(existsSync(at('NUL.ckpt'))).toBe(false);
  expect(readdirSync(folder())).toEqual(['text.txt']);
});

onWindows(
  'files take the place of others in one step, and in two where 98 has no one',
  async () => {
    const program = await compile('windows_files', 'c/src/base/windows_files.c');
    const { stdout } = await runWine(program, []);
    expect(stdout.trimEnd().split(/\r?\n/)).toEqual([
      'in two steps: done, new',
      'what was there: done, absent',
      'while it is open: refused, new',
      'the new one: done, newer',
      'when it is closed: done, newer',
      'a second name: done, newer',
      'nameless: done, absent',
      'locked: done, ',
      'locked twice: refused, ',
      'removed while it is open: done, absent',
    ]);
  },
);
