// Every command with each standard stream closed, full, or its reader gone: it ends, by an exit code
// that says how, leaves nothing half-written, and a training is not lost.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readCheckpoint } from '../../ts/program/checkpoint.ts';
import { execPlain } from '../exec.ts';
import { placeLlama2 } from '../llama2_files.ts';
import { stories } from '../stories.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { startChild } from './child.ts';
import { programOf, small } from './program.ts';

const folder = useTemporaryFolder();
const at = (name: string) => path.join(folder(), name);
let program = '';

beforeAll(async () => {
  program = await programOf();
});

const training = ['train', '--text', 't.txt', ...small];
const commands: Readonly<Record<string, readonly string[]>> = {
  train: [...training, '--steps', '40', '--out', 'new'],
  generate: ['generate', '--model', 'm.ckpt', '--tokens', '200', '--prompt', '-'],
  'generate --out': ['generate', '--model', 'm.ckpt', '--tokens', '200', '--out', 'new'],
  'generate -i': ['generate', '--model', 'm.ckpt', '--tokens', '20', '-i', '--out', 'new'],
  eval: ['eval', '--model', 'm.ckpt', '--text', 't.txt', '--text-ram', '1KB'],
  'eval of a list': ['eval', '--model', 'm.ckpt', '--list', 'texts'],
  info: ['info', '--model', 'm.ckpt'],
  export: ['export', '--model', 'm.ckpt', '--out', 'new'],
  tokenizer: ['tokenizer', '--text', 't.txt', '--out', 'new'],
  encode: ['encode', '--text', 't.txt', '--model', 'm.ckpt'],
  'encode --out': ['encode', '--text', 't.txt', '--model', 'm.ckpt', '--out', 'new'],
  decode: ['decode', '--text', 'numbers', '--model', 'm.ckpt'],
  plan: ['plan', '--text', 't.txt'],
  presets: ['presets', '--text', 't.txt'],
  methods: ['methods'],
  bench: ['bench', '--only', 'norm', '--repeat', '1', '--dim', '16', '--context', '16'],
  baseline: ['baseline', '--text', 't.txt', '--preset', 'tiny', '--steps', '1'],
  llama2: ['llama2', '--model', 'm.bin', '--tokenizer', 't.bin', '--prompt', '-'],
  selftest: ['selftest'],
  help: ['--help'],
  'train --help': ['train', '--help'],
  version: ['--version'],
  manual: ['--man'],
  completion: ['--completion', 'bash'],
};

async function prepare(): Promise<void> {
  const sample = readFileSync(stories);
  writeFileSync(at('t.txt'), sample.subarray(0, 6000));
  writeFileSync(at('texts'), 't.txt\n');
  const make = (...args: string[]) =>
    execFileSync(program, args, { cwd: folder(), stdio: 'ignore' });
  make(...training, '--steps', '2', '--out', 'm.ckpt');
  make('encode', '--text', 't.txt', '--model', 'm.ckpt', '--out', 'numbers');
  placeLlama2(folder());
}

// Runs a command by a shell that does something to its streams; its own exit code.
async function runWith(streams: string, args: readonly string[]): Promise<number> {
  const script = `{ "$@"; echo $? > ../code-$$; } ${streams}; cat ../code-$$; rm ../code-$$`;
  const result = await execPlain('bash', ['-c', script, 'bash', program, ...args], {
    cwd: folder(),
  });
  return Number(result.stdout.trim().split('\n').at(-1));
}

const closed = [
  '< /dev/null >&- 2> /dev/null',
  '<&- > /dev/null 2> /dev/null',
  '< /dev/null > /dev/null 2>&-',
  '<&- >&- 2>&-',
];
// What is read is never full.
const full = ['< /dev/null > /dev/full 2> /dev/null', '< /dev/null > /dev/null 2> /dev/full'];
const broken = [
  '< /dev/null 2> /dev/null > >(exec true)',
  '< /dev/null > /dev/null 2> >(exec true)',
  '< <(exec true) > /dev/null 2> /dev/null',
];

// Waits until a program that was started catches signals.
async function untilCatching(child: ChildProcess): Promise<void> {
  const caught = /^SigCgt:\s*[0-9a-f]*[2367abef]$/m; // the second bit is SIGINT's
  while (!caught.test(readFileSync(`/proc/${child.pid}/status`, 'utf8'))) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

// What must hold of the folder after any of them.
function expectWhole(): void {
  const left = readdirSync(folder()).filter(
    (name) => !['m.bin', 'm.ckpt', 'new', 'numbers', 't.bin', 't.txt', 'texts'].includes(name),
  );
  expect(left).toEqual([]);
}

test('every command is in the table', async () => {
  const { stdout } = await execPlain(program, ['--help']);
  const names = Array.from(stdout.matchAll(/^ {2}([a-z0-9]+) {2,}/gm), ([, name = '']) => name);
  expect(names.length).toBeGreaterThan(10);
  expect(Object.keys(commands)).toEqual(expect.arrayContaining(names));
});

// The self-test takes seconds, and writes as all others do: one stream of each kind is enough for it.
const some = (streams: readonly string[], name: string) =>
  name === 'selftest' ? streams.slice(0, 1) : streams;

describe.each(Object.entries(commands))('%s', (name, args) => {
  test('with a stream that is closed it does all that it does', async () => {
    await prepare();
    for (const streams of some(closed, name)) {
      expect(await runWith(streams, args), streams).toBe(0);
      expectWhole();
    }
  });

  test('with a stream that is full it ends, and says so by its exit code', async () => {
    await prepare();
    for (const streams of some(full, name)) {
      const code = await runWith(streams, args);
      const writes = /^(?!generate -i|encode --out)/.test(name);
      const fails = streams.includes('> /dev/full 2') && writes;
      if (fails) expect(code, streams).toBe(1);
      expectWhole();
      if (name === 'train') expect(readCheckpoint(readFileSync(at('new'))).step).toBe(40);
    }
  });

  test('with a stream whose other end is gone it ends, and leaves nothing half-written', async () => {
    await prepare();
    for (const streams of some(broken, name)) {
      expect([0, 1, 141], streams).toContain(await runWith(streams, args));
      expectWhole();
      if (name === 'train') expect(readCheckpoint(readFileSync(at('new'))).step).toBeGreaterThan(0);
      if (name === 'train') execFileSync('rm', [at('new')]);
    }
  });
});

describe('a signal', () => {
  const signals = [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGPIPE', 141],
  ] as const;

  test.each(signals)('%s: the training is saved, and the exit code is %i', async (signal, code) => {
    await prepare();
    const args = [...training, '--steps', '1000000', '--json', '--out', 'new'];
    const child = startChild(program, args, folder());
    await child.prints('"event":"step"');
    child.kill(signal);
    const { code: exitCode, stderr } = await child.ended;
    expect(stderr).toMatch(/^legacy_llm: stopped at step \d+; the checkpoint is saved.*\n$/);
    expect(exitCode).toBe(code);
    expect(readCheckpoint(readFileSync(at('new'))).step).toBeGreaterThan(0);
    expectWhole();
  });

  // Before there is anything to save: while a long text is read, tokens are learned, and so on.
  const early: [string, readonly string[]][] = [
    ['train', ['train', '--text', 'long', '--tokenizer', 'bpe', '--vocab', '4000', '--out', 'new']],
    [
      'train, to a token file',
      [...training, '--text', 'long', '--text-ram', '1KB', '--out', 'new'],
    ],
    ['tokenizer', ['tokenizer', '--text', 'long', '--tokenizer', 'bpe', '--out', 'new']],
    ['encode', ['encode', '--text', 'long', '--model', 'm.ckpt', '--out', 'new']],
    ['generate', ['generate', '--model', 'm.ckpt', '--tokens', '10000000', '--out', 'new']],
    ['eval', ['eval', '--text', 'long', '--model', 'm.ckpt']],
    ['selftest', ['selftest']],
    ['bench', ['bench', '--repeat', '1000']],
  ];
  test.each(early)(
    '%s: nothing is left behind, and the exit code says the signal',
    async (_, args) => {
      await prepare();
      const text = readFileSync(at('t.txt'));
      writeFileSync(at('long'), Buffer.concat(Array.from({ length: 4000 }, () => text)));
      for (const [signal, expected] of signals) {
        if (signal === 'SIGPIPE' && args[0] === 'train') continue; // whose reader may go at any time
        const child = spawn(program, args, { cwd: folder(), stdio: 'ignore' });
        const ended = once(child, 'exit');
        await untilCatching(child);
        await new Promise((resolve) => setTimeout(resolve, 30));
        child.kill(signal);
        expect(await ended, signal).toEqual([expected, null]);
        expect(readdirSync(folder()).sort(), signal).toEqual([
          'long',
          'm.bin',
          'm.ckpt',
          'numbers',
          't.bin',
          't.txt',
          'texts',
        ]);
      }
    },
  );

  test('a second Ctrl-C ends the training at once, and leaves nothing half-written', async () => {
    await prepare();
    const shape = ['--layers', '4', '--dim', '256', '--context', '256', '--batch', '256'];
    const args = ['train', '--text', 't.txt', ...shape, '--steps', '5', '--out', 'new'];
    const child = spawn(program, args, { cwd: folder(), stdio: 'ignore' });
    const ended = once(child, 'exit');
    await untilCatching(child);
    await new Promise((resolve) => setTimeout(resolve, 300)); // a step takes seconds
    child.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill('SIGINT');
    expect(await ended).toEqual([130, null]);
    expectWhole();
  });

  // `timeout` sends a signal to the program and to its group, a terminal and its shell both hang up.
  test.each(signals.slice(1))('%s: many of them in a row are as one', async (signal, code) => {
    await prepare();
    const args = [...training, '--steps', '1000000', '--json', '--out', 'new', '--force'];
    for (let again = 0; again < 20; again++) {
      const child = startChild(program, args, folder());
      await child.prints('"event":"step"');
      for (let i = 0; i < 20; i++) child.kill(signal);
      expect((await child.ended).code).toBe(code);
      expectWhole();
    }
  });

  test('Ctrl-C ends an answer, and between answers the conversation, which is kept', async () => {
    await prepare();
    const tokens = ['--tokens', '10000000', '-i', '--json', '--out', 'new'];
    const child = startChild(program, ['generate', '--model', 'm.ckpt', ...tokens], folder());
    for (const line of ['It was', 'One day']) {
      child.write(`${line}\n`);
      await child.prints(line);
      child.kill('SIGINT');
      await child.prints('"end":"interrupt"}');
    }
    await child.sleeps(); // it reads the next line
    expect(child.isRunning()).toBe(true);
    expect(existsSync(at('new'))).toBe(false);
    child.kill('SIGINT');
    expect((await child.ended).code).toBe(130);
    expect(readFileSync(at('new'), 'utf8')).toMatch(/^It was[\s\S]*\nOne day/);
    expectWhole();
  });

  test('a second Ctrl-C in one answer ends the conversation, which is kept', async () => {
    await prepare();
    const tokens = ['--tokens', '10000000', '-i', '--out', 'new'];
    const child = startChild(program, ['generate', '--model', 'm.ckpt', ...tokens], folder());
    child.write('It was\n');
    await child.prints('It was');
    // Until it has seen both: two signals that come at once are one.
    const again = setInterval(() => child.kill('SIGINT'), 20);
    const { code } = await child.ended;
    clearInterval(again);
    expect(code).toBe(130);
    expect(readFileSync(at('new'), 'utf8')).toMatch(/^It was/);
    expectWhole();
  });
});
