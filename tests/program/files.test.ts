// The files of every command: each path that it writes, with each that it reads or writes besides,
// is refused or safe; what is no ordinary file is written to or refused, never replaced; one run at
// a time writes to a path; nothing of another training goes without --force.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildTarget } from '../../ts/build/build.ts';
import { findTarget } from '../../ts/build/targets.ts';
import { readCheckpoint } from '../../ts/program/checkpoint.ts';
import { execAny } from '../../ts/support/exec.ts';
import { rootDir } from '../../ts/support/paths.ts';
import { temporaryFolderOfSuite, useTemporaryFolder } from '../temporary.ts';
import { onlyLine, small } from './program.ts';

const folder = useTemporaryFolder();
const made = temporaryFolderOfSuite();
const at = (name: string) => path.join(folder(), name);
const read = (name: string) => readFileSync(at(name));
let program = '';

const run = (args: readonly string[], cwd = folder()) => execAny(program, args, { cwd });
const steps = ['--steps', '3', ...small];
// A training on the text of the folder.
const train = (...args: string[]) => run(['train', '--text', 't.txt', ...steps, ...args]);

// A command with files for all its options: those that it reads, of `made`, and those that it
// writes. `beside` are endings of further files that go with what is written.
interface FilesOfCommand {
  args?: readonly string[];
  reads: Readonly<Record<string, string>>;
  writes: readonly string[];
  beside?: readonly string[];
  /** Where a file that is read may be written: the checkpoint that a training goes on from. */
  continued?: string;
  /** Options that cannot be given beside the others. */
  alone?: readonly string[];
}

const commands: Readonly<Record<string, FilesOfCommand>> = {
  train: {
    args: [...steps, '--keep', '3', '--text-ram', '1KB'],
    reads: { text: 't.txt', resume: 'm.ckpt', tokenizer: 'tokens' },
    writes: ['out', 'log', 'trace', 'dump'],
    beside: ['.tokens', '.1', '.2'],
    continued: 'resume',
  },
  generate: { reads: { model: 'm.ckpt', 'prompt-file': 'prompt' }, writes: ['out'] },
  eval: { reads: { model: 'm.ckpt', text: 't.txt' }, writes: [] },
  info: { reads: { model: 'm.ckpt' }, writes: [] },
  export: { reads: { model: 'm.ckpt' }, writes: ['out'] },
  tokenizer: { reads: { text: 't.txt', tokenizer: 'tokens' }, writes: ['out'] },
  encode: { reads: { text: 't.txt', tokenizer: 'tokens' }, writes: ['out'] },
  decode: { reads: { text: 'numbers', tokenizer: 'tokens' }, writes: ['out'] },
  plan: { reads: { text: 't.txt', resume: 'm.ckpt', tokenizer: 'tokens' }, writes: [] },
  presets: { reads: { text: 't.txt', tokenizer: 'tokens' }, writes: [] },
};
// The same options in the other way that two commands have them.
const byModel: Readonly<Record<string, FilesOfCommand>> = {
  tokenizer: { reads: { text: 't.txt', model: 'm.ckpt' }, writes: ['out'] },
  encode: { reads: { text: 't.txt', model: 'm.ckpt' }, writes: ['out'] },
  decode: { reads: { text: 'numbers', model: 'm.ckpt' }, writes: ['out'] },
};
const all = [...Object.entries(commands), ...Object.entries(byModel)];

beforeAll(async () => {
  program = (await buildTarget(findTarget('host'))).program;
  const sample = readFileSync(path.join(rootDir, 'data', 'tiny_stories_sample.txt'));
  writeFileSync(path.join(made(), 't.txt'), sample.subarray(0, 6000));
  writeFileSync(path.join(made(), 'prompt'), 'It was');
  const make = async (...args: string[]) =>
    expect(await run(args, made())).toMatchObject({ stderr: '', exitCode: 0 });
  await make('tokenizer', '--text', 't.txt', '--out', 'tokens');
  await make('encode', '--text', 't.txt', '--tokenizer', 'tokens', '--out', 'numbers');
  const tokens = ['--tokenizer', 'tokens'];
  await make(
    'train',
    '--text',
    't.txt',
    ...steps,
    ...tokens,
    '--stop-after',
    '2',
    '--out',
    'm.ckpt',
  );
}, 300_000);

// The arguments of a command, and the files that it reads in the folder, some of other names.
function prepare(name: string, files: FilesOfCommand, names: Record<string, string>): string[] {
  const args = [name, ...(files.args ?? [])];
  for (const [option, from] of Object.entries(files.reads)) {
    const file = names[option] ?? from;
    writeFileSync(at(file), readFileSync(path.join(made(), from)));
    args.push(`--${option}`, file);
  }
  for (const option of files.writes) {
    if (names[option] !== 'none') args.push(`--${option}`, names[option] ?? `new.${option}`);
  }
  return args;
}

// What must hold of a run that would write `written` over something: a refusal, and all is there.
async function expectRefused(args: readonly string[]): Promise<void> {
  const before = snapshot();
  const result = await run(args);
  expect(onlyLine(result)).toMatch(/would be written over|is in the way/);
  expect(result.exitCode).toBe(2);
  expect(snapshot()).toEqual(before);
}

const snapshot = () => readdirSync(folder()).map((name) => [name, read(name).toString('latin1')]);

describe('no file is written over another', () => {
  test('all options that are files are in the table', async () => {
    const options = /^ {2}--([a-z-]+) (?:\S+\|)?FILE/gm;
    const { stdout } = await run(['--help']);
    const names = Array.from(stdout.matchAll(/^ {2}([a-z]+) {2,}/gm), ([, name = '']) => name);
    expect(names).toEqual(expect.arrayContaining(Object.keys(commands)));
    for (const name of names) {
      const help = (await run([name, '--help'])).stdout;
      const known = [commands[name], byModel[name]].flatMap((files) =>
        files ? [...Object.keys(files.reads), ...files.writes] : [],
      );
      if (name === 'plan') known.push('log'); // of which it only plans the memory
      const said = Array.from(help.matchAll(options), ([, option]) => option);
      expect([...new Set(known)].sort(), name).toEqual(said.sort());
    }
  });

  test.each(all)(
    '%s: an output over an input is refused, by any name of it',
    async (name, files) => {
      const ways: ((file: string) => string)[] = [
        (file) => file,
        (file) => `./${file}`,
        (file) => at(file),
        (file) => {
          linkSync(at(file), at('hard'));
          return 'hard';
        },
        (file) => {
          symlinkSync(file, at('soft'));
          return 'soft';
        },
      ];
      for (const output of files.writes) {
        for (const [input, file] of Object.entries(files.reads)) {
          if (input === files.continued && output === 'out') continue;
          for (const way of ways) {
            execFileSync('find', [folder(), '-mindepth', '1', '-delete']);
            prepare(name, files, {});
            const other = way(file);
            await expectRefused(prepare(name, files, { [output]: other }));
          }
        }
      }
    },
  );

  test.each(all)('%s: no file beside an output goes over an input', async (name, files) => {
    const endings = files.writes.map((output) => [output, '.lock'] as const);
    const beside = (files.beside ?? []).map((ending) => ['out', ending] as const);
    for (const [output, ending] of [...endings, ...beside]) {
      for (const input of Object.keys(files.reads)) {
        if (input === files.continued && /\d$/.test(ending)) continue; // it is the older one
        execFileSync('find', [folder(), '-mindepth', '1', '-delete']);
        await expectRefused(prepare(name, files, { [output]: 'x', [input]: `x${ending}` }));
      }
    }
  });

  test.each(all)('%s: no two outputs are one file', async (name, files) => {
    for (const a of files.writes) {
      for (const b of files.writes) {
        if (a >= b) continue;
        execFileSync('find', [folder(), '-mindepth', '1', '-delete']);
        await expectRefused(prepare(name, files, { [a]: 'x', [b]: './x' }));
      }
      for (const ending of files.beside ?? []) {
        if (a === 'out') continue;
        execFileSync('find', [folder(), '-mindepth', '1', '-delete']);
        await expectRefused(prepare(name, files, { out: 'x', [a]: `x${ending}` }));
      }
    }
  });

  test.each(all)(
    '%s: what it reads is as it was, whatever temporary name it has',
    async (name, files) => {
      for (const output of files.writes) {
        for (const input of Object.keys(files.reads)) {
          execFileSync('find', [folder(), '-mindepth', '1', '-delete']);
          const args = prepare(name, files, { [output]: 'x', [input]: 'x.tmp' });
          const before = read('x.tmp');
          expect(await run(args)).toMatchObject({ stderr: '', exitCode: 0 });
          expect(read('x.tmp')).toEqual(before);
        }
      }
    },
  );

  test('a training may take the place of the checkpoint that it went on from', async () => {
    const args = prepare('train', commands.train as FilesOfCommand, { out: 'm.ckpt' });
    expect(await run(args)).toMatchObject({ stderr: '', exitCode: 0 });
    expect(readCheckpoint(read('m.ckpt')).step).toBe(3);
    expect(readCheckpoint(read('m.ckpt.1')).step).toBe(2);
  });

  test.each(['>>', '>', '2>>', '<'])(
    'an output that the shell opened by %s is refused',
    async (by) => {
      const args = prepare('generate', commands.generate as FilesOfCommand, { out: 'x' });
      writeFileSync(at('x'), 'the old one');
      const result = await execAny('sh', ['-c', `"$@" ${by} x 3>&1`, 'sh', program, ...args], {
        cwd: folder(),
      });
      expect(result.exitCode).toBe(2);
      if (by === '>>' || by === '<') expect(read('x').toString()).toBe('the old one');
      expect(readdirSync(folder()).filter((name) => /lock|tmp/.test(name))).toEqual([]);
    },
  );
});

describe('what is no ordinary file', () => {
  const outputs = all.flatMap(([name, files]) =>
    files.writes.map((output) => [name, output, files] as const),
  );

  test.each(outputs)(
    '%s --%s: a folder, a device and a FIFO stay what they are',
    async (name, output, files) => {
      mkdirSync(at('folder'));
      execFileSync('mkfifo', [at('fifo')]);
      symlinkSync('/dev/null', at('null'));
      const fifo = statSync(at('fifo')).ino;
      for (const special of ['folder', 'null', 'fifo']) {
        const reader = spawn('cat', [at('fifo')], { stdio: 'ignore' });
        const result = await run(prepare(name, files, { [output]: special }));
        reader.kill();
        if (special === 'folder') expect(result.exitCode).not.toBe(0);
        if (result.exitCode !== 0) expect(onlyLine(result)).toMatch(/not an ordinary file/);
      }
      expect(lstatSync(at('folder')).isDirectory()).toBe(true);
      expect(readdirSync(at('folder'))).toEqual([]);
      expect(readlinkSync(at('null'))).toBe('/dev/null');
      expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
      expect(statSync(at('fifo')).ino).toBe(fifo);
    },
  );

  test.each(outputs)(
    '%s --%s: the target of a symbolic link is written, the link stays',
    async (name, output, files) => {
      mkdirSync(at('far'));
      symlinkSync('far/target', at('near'));
      symlinkSync('near', at('link'));
      const args = prepare(name, files, { [output]: 'link' });
      expect(await run(args)).toMatchObject({ stderr: '', exitCode: 0 });
      expect(readlinkSync(at('link'))).toBe('near');
      expect(readlinkSync(at('near'))).toBe('far/target');
      expect(statSync(at('far/target')).size).toBeGreaterThan(0);
      expect(readdirSync(at('far')).filter((found) => /lock|tmp/.test(found))).toEqual([]);
    },
  );

  test.each(['encode', 'decode'])(
    '%s --out /dev/stdout adds to what the shell opened',
    async (name) => {
      const args = prepare(name, commands[name] as FilesOfCommand, { out: '/dev/stdout' });
      writeFileSync(at('got'), 'before\n');
      await execAny('sh', ['-c', '"$@" >> got', 'sh', program, ...args], { cwd: folder() });
      await run(prepare(name, commands[name] as FilesOfCommand, { out: 'file' }));
      expect(read('got').toString()).toBe(`before\n${read('file')}`);
      expect(lstatSync('/dev/stdout').isSymbolicLink()).toBe(true);
    },
  );
});

describe('one run at a time', () => {
  // A long training, once it has printed its first step.
  async function begin(...args: string[]): Promise<ChildProcess> {
    const more = ['--steps', '1000000', '--json', ...args];
    const command = ['train', '--text', 't.txt', ...small, ...more];
    const child = spawn(program, command, { cwd: folder() });
    for await (const data of child.stdout) if (String(data).includes('"step"')) break;
    return child;
  }

  async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
    child.kill(signal);
    await once(child, 'exit');
  }

  test.each(['--out', '--log'])('a second one with the same %s is refused', async (option) => {
    writeFileSync(at('t.txt'), readFileSync(path.join(made(), 't.txt')));
    const child = await begin('--out', 'a', option, 'x');
    const result = await train('--out', 'b', option, 'x', '--force');
    expect(onlyLine(result)).toMatch(/x is being written by another run/);
    expect(result.exitCode).toBe(2);
    await end(child, 'SIGINT');
    expect(child.exitCode).toBe(130);
    expect(readdirSync(folder()).filter((name) => /lock|tmp/.test(name))).toEqual([]);
  });

  test('what a killed one left is not in the way, and goes', async () => {
    writeFileSync(at('t.txt'), readFileSync(path.join(made(), 't.txt')));
    const child = await begin('--out', 'x');
    await end(child, 'SIGKILL');
    writeFileSync(at(`x.tmp-${child.pid}`), 'half of one');
    expect(existsSync(at('x.lock'))).toBe(true);
    expect(await train('--out', 'x')).toMatchObject({ stderr: '', exitCode: 0 });
    expect(readdirSync(folder()).sort()).toEqual(['t.txt', 'x']);
  });
});

describe('another training', () => {
  test('its checkpoint, older ones of it, and its log are replaced by --force alone', async () => {
    writeFileSync(at('t.txt'), readFileSync(path.join(made(), 't.txt')));
    await train('--out', 'x', '--log', 'l', '--seed', '2');
    await train('--out', 'y.1', '--seed', '2');
    await run(['export', '--model', 'x', '--out', 'exported']);
    for (const args of [
      ['--out', 'x'],
      ['--out', 'exported'],
      ['--out', 'y', '--keep', '2'],
      ['--out', 'z', '--log', 'l'],
    ]) {
      const before = snapshot();
      const result = await train(...args);
      expect(result.exitCode).toBe(2);
      expect(onlyLine(result)).toMatch(/of another training.*--force/);
      expect(snapshot()).toEqual(before);
      expect(await train(...args, '--force')).toMatchObject({ stderr: '', exitCode: 0 });
    }
  });

  test('its own checkpoint is written again where it is whole, and not on its way', async () => {
    writeFileSync(at('t.txt'), readFileSync(path.join(made(), 't.txt')));
    await train('--out', 'x');
    expect(await train('--out', 'x')).toMatchObject({ stderr: '', exitCode: 0 });
    await train('--out', 'y', '--stop-after', '2');
    expect(onlyLine(await train('--out', 'y'))).toMatch(/this same training.*--resume y/);
    expect(readCheckpoint(read('y')).step).toBe(2);
  });
});
