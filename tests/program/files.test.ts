// The files of every command: each path that it writes, with each that it reads or writes besides,
// is refused or safe; what is no ordinary file is written to or refused, never replaced; one run at
// a time writes to a path; nothing of another training goes without --force.
import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readCheckpoint } from '../../ts/program/checkpoint.ts';
import { execPlain } from '../exec.ts';
import { placeLlama2 } from '../llama2_files.ts';
import { stories } from '../stories.ts';
import { temporaryFolderOfSuite, useTemporaryFolder } from '../temporary.ts';
import { type Child, startChild } from './child.ts';
import { onlyLine, programOf, small } from './program.ts';

const folder = useTemporaryFolder();
const made = temporaryFolderOfSuite();
const at = (name: string) => path.join(folder(), name);
const read = (name: string) => readFileSync(at(name));
let program = '';

const run = (args: readonly string[], cwd = folder()) => execPlain(program, args, { cwd });
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
  /** How many pairs it has, if not as many as its other way. */
  pairs?: number;
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
  generate: {
    reads: { model: 'm.ckpt', 'prompt-file': 'prompt', words: 'prompt' },
    writes: ['out'],
  },
  eval: { reads: { model: 'm.ckpt', text: 't.txt' }, writes: [] },
  info: { reads: { model: 'm.ckpt' }, writes: [] },
  export: { reads: { model: 'm.ckpt', words: 'prompt' }, writes: ['out'] },
  tokenizer: { reads: { text: 't.txt', tokenizer: 'tokens' }, writes: ['out'] },
  encode: { reads: { text: 't.txt', tokenizer: 'tokens' }, writes: ['out'] },
  decode: { reads: { text: 'numbers', tokenizer: 'tokens' }, writes: ['out'] },
  plan: { reads: { text: 't.txt', resume: 'm.ckpt', tokenizer: 'tokens' }, writes: [] },
  presets: { reads: { text: 't.txt', tokenizer: 'tokens' }, writes: [] },
  baseline: { reads: { text: 't.txt' }, writes: [] },
  llama2: {
    reads: { model: 'm.bin', tokenizer: 't.bin', 'prompt-file': 'prompt' },
    writes: ['out', 'dump'],
  },
};
// The same options in the other way that two commands have them.
const byModel: Readonly<Record<string, FilesOfCommand>> = {
  eval: { reads: { model: 'm.ckpt', list: 'texts' }, writes: [] },
  tokenizer: { reads: { model: 'm.ckpt' }, writes: ['out'], pairs: 2 },
  encode: { reads: { text: 't.txt', model: 'm.ckpt' }, writes: ['out'] },
  decode: { reads: { text: 'numbers', model: 'm.ckpt' }, writes: ['out'] },
};
const all = [...Object.entries(commands), ...Object.entries(byModel)];

beforeAll(async () => {
  program = await programOf();
  const sample = readFileSync(stories);
  writeFileSync(path.join(made(), 't.txt'), sample.subarray(0, 6000));
  writeFileSync(path.join(made(), 'prompt'), 'It was');
  writeFileSync(path.join(made(), 'texts'), 't.txt\n');
  placeLlama2(made());
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
});

// Two files of a command as one: the names that options get for it, and the option whose value is
// then spelled in other ways.
interface Pair {
  what: string;
  names: Readonly<Record<string, string>>;
  spelled: string;
  spellings: readonly (readonly [string, Spell])[];
}

// All pairs of a file that is written, by its option, beside one, or as its lock, with each that is
// read and each other that is written. Of what can only be beside the same output, no two can meet.
function pairsOf(files: FilesOfCommand): Pair[] {
  const reads = Object.keys(files.reads);
  const pairs: Pair[] = [];
  for (const output of files.writes) {
    for (const other of [...reads, ...files.writes]) {
      if (other === output || (other === files.continued && output === 'out')) continue;
      if (files.writes.indexOf(other) > files.writes.indexOf(output)) continue; // comes as the other
      const what = `--${output} is --${other}`;
      const names = { [output]: 'x', [other]: 'x' };
      pairs.push({ what, names, spelled: output, spellings: Object.entries(ways) });
    }
    const beside = output === 'out' ? (files.beside ?? []) : [];
    for (const ending of ['.lock', ...beside]) {
      for (const other of [...reads, ...files.writes]) {
        if (other === output || (other === files.continued && /\d$/.test(ending))) continue;
        const what = `what is beside --${output} (${ending}) is --${other}`;
        const names = { [output]: 'x', [other]: `x${ending}` };
        pairs.push({ what, names, spelled: other, spellings: Object.entries(ways).slice(0, 3) });
      }
    }
  }
  return pairs;
}

// A new option changes these: see that its pairs are meant.
const pairCounts: Readonly<Record<string, number>> = {
  ...{ train: 57, generate: 6, export: 4, tokenizer: 4, encode: 4, decode: 4 },
  ...{ eval: 0, info: 0, plan: 0, presets: 0, baseline: 0, llama2: 15 },
};

// Spells the path of a file that may be there otherwise, in the arguments of a command.
type Spell = (args: string[], file: string) => void;

const replaceIn = (args: string[], file: string, by: string) => {
  args[args.lastIndexOf(file)] = by;
};

const ways: Readonly<Record<string, Spell>> = {
  'as it is': () => {},
  'by a hard link': (args, file) => {
    if (!existsSync(at(file))) writeFileSync(at(file), '');
    linkSync(at(file), at('hard'));
    replaceIn(args, file, 'hard');
  },
  'by a symbolic link': (args, file) => {
    symlinkSync(file, at('soft'));
    replaceIn(args, file, 'soft');
  },
  'from here': (args, file) => replaceIn(args, file, `./${file}`),
  'from the root': (args, file) => replaceIn(args, file, at(file)),
  'by a way round': (args, file) => {
    mkdirSync(at('sub'), { recursive: true });
    replaceIn(args, file, `sub/.././${file}`);
  },
  'by the folder of the process': (args, file) => replaceIn(args, file, `/proc/self/cwd/${file}`),
  'by two symbolic links': (args, file) => {
    symlinkSync(at('soft'), at('softer'));
    symlinkSync(file, at('soft'));
    replaceIn(args, file, 'softer');
  },
};

const emptyFolder = () => {
  for (const name of readdirSync(folder())) rmSync(at(name), { recursive: true });
};

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
async function expectRefused(args: readonly string[], what: string): Promise<void> {
  const before = snapshot();
  const result = await run(args);
  expect(onlyLine(result), what).toMatch(
    /would be written over|is in the way|not an ordinary file/,
  );
  expect(result.exitCode, what).toBe(2);
  expect(snapshot(), what).toEqual(before);
}

const snapshot = () =>
  readdirSync(folder(), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => [name, read(name).toString('latin1')]);

describe('no file is written over another', () => {
  test('all options that are files are in the table', async () => {
    const options = /^ {2}(?:-[a-z], )?--([a-z-]+) (?:\S+\|)?FILE/gm;
    const { stdout } = await run(['--help']);
    const names = Array.from(stdout.matchAll(/^ {2}([a-z0-9]+) {2,}/gm), ([, name = '']) => name);
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
    '%s: every pair of a file that is written and another is refused',
    async (name, files) => {
      const pairs = pairsOf(files);
      for (const pair of pairs) {
        for (const [way, spell] of pair.spellings) {
          emptyFolder();
          const args = prepare(name, files, pair.names);
          spell(args, pair.names[pair.spelled] ?? '');
          await expectRefused(args, `${pair.what}, ${way}`);
        }
      }
      expect(pairs.length).toBe(files.pairs ?? pairCounts[name]);
    },
  );

  test.each(all)(
    '%s: what it reads is as it was, whatever temporary name it has',
    async (name, files) => {
      for (const output of files.writes) {
        for (const input of Object.keys(files.reads)) {
          emptyFolder();
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
      const result = await execPlain('sh', ['-c', `"$@" ${by} x 3>&1`, 'sh', program, ...args], {
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
      await execPlain('sh', ['-c', '"$@" >> got', 'sh', program, ...args], { cwd: folder() });
      await run(prepare(name, commands[name] as FilesOfCommand, { out: 'file' }));
      expect(read('got').toString()).toBe(`before\n${read('file')}`);
      expect(lstatSync('/dev/stdout').isSymbolicLink()).toBe(true);
    },
  );
});

describe('what stands there already', () => {
  const kinds = ['checkpoint', 'exported', 'log', 'tokens', 'other'] as const;
  // What each output may take the place of without --force. Whose training it is comes on top.
  const earlier: Readonly<Record<string, readonly string[]>> = {
    ...{ 'train --out': ['checkpoint', 'exported'], 'train --log': ['log'] },
    ...{ 'export --out': ['exported', 'other'], 'tokenizer --out': ['tokens', 'other'] },
  };
  const outputs = Object.entries(commands).flatMap(([name, files]) =>
    files.writes.map((output) => [name, output, files] as const),
  );

  async function makeKinds(): Promise<void> {
    copyFileSync(path.join(made(), 'm.ckpt'), at('checkpoint'));
    copyFileSync(path.join(made(), 'tokens'), at('tokens'));
    writeFileSync(at('other'), 'somebody wrote this');
    await run(['export', '--model', 'checkpoint', '--out', 'exported']);
    writeFileSync(at('t.txt'), readFileSync(path.join(made(), 't.txt')));
    await train('--out', 'none', '--log', 'log');
  }

  test.each(outputs)(
    '%s --%s: a file of another kind is replaced by --force alone',
    async (name, output, files) => {
      for (const kind of kinds) {
        await makeKinds();
        const before = read(kind);
        const args = prepare(name, files, { [output]: kind, tokenizer: 'the tokenizer' });
        const result = await run(args);
        const may = earlier[`${name} --${output}`] ?? ['other'];
        if (!may.includes(kind)) {
          expect(onlyLine(result), kind).toMatch(/ is .*--force/);
          expect(result.exitCode).toBe(2);
          expect(read(kind)).toEqual(before);
        }
        if (result.exitCode === 0) continue;
        expect(await run([...args, '--force']), kind).toMatchObject({ stderr: '', exitCode: 0 });
      }
    },
  );

  test('beside an output nothing of somebody else is replaced or removed', async () => {
    writeFileSync(at('t.txt'), readFileSync(path.join(made(), 't.txt')));
    for (const [name, content] of [
      ['x.1', 'chapter one'],
      ['x.tokens', 'numbers'],
      ['x.lock', 'a lock of another program'],
      ['x.lock', '4242\n'],
    ] as const) {
      writeFileSync(at(name), content);
      const before = snapshot();
      const more = ['--out', 'x', '--keep', '2', '--text-ram', '1KB'];
      expect(onlyLine(await train(...more))).toContain(name);
      expect(snapshot()).toEqual(before);
      rmSync(at(name));
    }
    writeFileSync(at('x.lock'), '');
    expect(await train('--out', 'x')).toMatchObject({ stderr: '', exitCode: 0 });
    expect(read('x.lock').toString()).toBe('');
  });

  test('a text whose path is too long to be written to is not written over either', async () => {
    const deep = [1, 2, 3].map(() => 'd'.repeat(200)).join('/');
    mkdirSync(at(deep), { recursive: true });
    writeFileSync(at(`${deep}/t.txt`), readFileSync(path.join(made(), 't.txt')));
    const args = ['--text', at(`${deep}/t.txt`), '--out', 't.txt', '--force'];
    const result = await run(['train', ...steps, ...args], at(deep));
    expect(onlyLine(result)).toMatch(/would be written over/);
    expect(read(`${deep}/t.txt`)).toEqual(readFileSync(path.join(made(), 't.txt')));
    const long = await run(
      ['train', ...steps, '--text', 't.txt', '--out', at(`${deep}/m`)],
      at(deep),
    );
    expect(onlyLine(long)).toMatch(/is too long/);
  });

  test('a checkpoint that has two names, as a kill between two calls leaves it, is gone on with', async () => {
    writeFileSync(at('t.txt'), readFileSync(path.join(made(), 't.txt')));
    const keep = ['--save-every', '1', '--keep', '3'];
    await train('--out', 'whole', ...keep);
    await train('--out', 'x', '--stop-after', '2', ...keep);
    rmSync(at('x.1'));
    linkSync(at('x'), at('x.1'));
    const go = ['train', '--text', 't.txt', '--resume', 'x', '--out', 'x', ...keep];
    expect(await run(go)).toMatchObject({ stderr: '', exitCode: 0 });
    expect(read('x')).toEqual(read('whole'));
    expect(['x', 'x.1', 'x.2'].map((name) => readCheckpoint(read(name)).step)).toEqual([3, 2, 2]);
  });

  test('a finished training that is begun anew stays until the new one is as far', async () => {
    writeFileSync(at('t.txt'), readFileSync(path.join(made(), 't.txt')));
    await train('--out', 'x');
    const whole = read('x');
    const early = await train(
      '--out',
      'x',
      '--stop-after',
      '1',
      '--save-every',
      '1',
      '--keep',
      '2',
    );
    expect(early.stdout).toMatch(/checkpoint: x, as it was: this training at step 3\n/);
    expect(read('x')).toEqual(whole);
    expect(existsSync(at('x.1'))).toBe(false);
    await train('--out', 'x', '--stop-after', '1', '--force');
    expect(readCheckpoint(read('x')).step).toBe(1);
    await run(['train', '--text', 't.txt', '--resume', 'x', '--out', 'x']);
    expect(read('x')).toEqual(whole);
  });

  test('what nobody may write to is not replaced, not even by root, and permissions stay', async () => {
    writeFileSync(at('t.txt'), readFileSync(path.join(made(), 't.txt')));
    await train('--out', 'x');
    chmodSync(at('x'), 0o600);
    expect(await train('--out', 'x')).toMatchObject({ exitCode: 0 });
    expect(statSync(at('x')).mode & 0o777).toBe(0o600);
    chmodSync(at('x'), 0o444);
    const before = snapshot();
    for (const args of [
      ['train', '--text', 't.txt', ...steps, '--out', 'x', '--force'],
      ['train', '--text', 't.txt', ...steps, '--out', 'y', '--log', 'x', '--force'],
      ['encode', '--text', 't.txt', '--out', 'x', '--force'],
    ]) {
      const result = await run(args);
      expect(onlyLine(result)).toMatch(/cannot write x: Permission denied/);
      expect(result.exitCode).toBe(1);
      expect(snapshot()).toEqual(before);
    }
  });

  const isRoot = process.getuid?.() === 0; // others cannot make a file of somebody else
  test.skipIf(!isRoot)(
    'a file of another owner in a sticky folder is refused at once',
    async () => {
      mkdirSync(at('sticky'));
      chmodSync(folder(), 0o755);
      chmodSync(at('sticky'), 0o1777);
      copyFileSync(path.join(made(), 'm.ckpt'), at('sticky/x'));
      copyFileSync(path.join(made(), 't.txt'), at('t.txt'));
      copyFileSync(program, at('legacy_llm'));
      chmodSync(at('sticky/x'), 0o666);
      chownSync(at('sticky/x'), 1, 1);
      const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups', at('legacy_llm')];
      const args = ['train', '--text', at('t.txt'), ...steps, '--out', at('sticky/x'), '--force'];
      const result = await execPlain('setpriv', [...nobody, ...args]);
      expect(onlyLine(result)).toMatch(/cannot write .*x: Operation not permitted/);
      expect(result.stdout).not.toContain('step 1');
      expect(read('sticky/x')).toEqual(readFileSync(path.join(made(), 'm.ckpt')));
    },
  );

  test('a log that is no log, or goes beyond the training, is not cut by a resumed one', async () => {
    writeFileSync(at('t.txt'), readFileSync(path.join(made(), 't.txt')));
    writeFileSync(at('notes'), 'what I found out\n');
    await train('--out', 'none', '--steps', '9', '--log', 'long.log');
    await train('--out', 'x', '--stop-after', '2', '--log', 'x.log');
    for (const log of ['notes', 'long.log']) {
      const before = snapshot();
      const resumed = await run(['train', '--text', 't.txt', '--resume', 'x', '--log', log]);
      expect(onlyLine(resumed)).toMatch(/--log another file, or replace it with --force/);
      expect(snapshot()).toEqual(before);
    }
    const args = ['train', '--text', 't.txt', '--resume', 'x', '--log', 'x.log'];
    expect(await run(args)).toMatchObject({ stderr: '', exitCode: 0 });
  });

  test('another name of a log or a trace keeps what was there', async () => {
    writeFileSync(at('t.txt'), readFileSync(path.join(made(), 't.txt')));
    for (const option of ['--log', '--trace', '--dump']) {
      await train('--out', 'none', option, 'kept');
      const before = read('kept');
      linkSync(at('kept'), at('again'));
      const args = [option, 'again', '--seed', '2', '--force', '--stop-after', '2'];
      expect(await train('--out', 'none', ...args)).toMatchObject({ stderr: '', exitCode: 0 });
      expect(read('kept')).toEqual(before);
      rmSync(at('kept'));
      rmSync(at('again'));
    }
  });
});

describe('a FIFO', () => {
  const texts = Object.entries(commands).flatMap(([name, files]) =>
    files.writes.flatMap((output) =>
      /^(train --out|export)/.test(`${name} --${output}`) ? [] : [[name, output, files] as const],
    ),
  );

  test.each(texts)(
    '%s --%s: it is written to where somebody reads it',
    async (name, output, files) => {
      const expected = await run(
        prepare(name, files, { [output]: 'file', out: output === 'out' ? 'file' : 'o1' }),
      );
      expect(expected.exitCode).toBe(0);
      execFileSync('mkfifo', [at('fifo')]);
      const reader = execPlain('sh', ['-c', 'cat fifo > got'], { cwd: folder() });
      const args = prepare(name, files, {
        [output]: 'fifo',
        out: output === 'out' ? 'fifo' : 'o2',
      });
      expect(await run(args)).toMatchObject({ stderr: '', exitCode: 0 });
      await reader;
      expect(read('got')).toEqual(read('file'));
      expect(lstatSync(at('fifo')).isFIFO()).toBe(true);
    },
  );

  test('that nobody reads is refused, not waited for without an end', async () => {
    execFileSync('mkfifo', [at('fifo')]);
    for (const [name, output] of [
      ['encode', 'out'],
      ['train', 'log'],
      ['train', 'trace'],
    ] as const) {
      const args = prepare(name, commands[name] as FilesOfCommand, { [output]: 'fifo' });
      const result = await execPlain(program, args, { cwd: folder(), timeoutSeconds: 30 });
      expect(onlyLine(result)).toMatch(/cannot write .*fifo: nobody reads it/);
      expect(result.exitCode).not.toBe(0);
    }
    expect(readdirSync(folder()).filter((found) => /lock|tmp/.test(found))).toEqual([]);
  });
});

describe('one run at a time', () => {
  // A long training, once it has printed its first step.
  async function begin(...args: string[]): Promise<Child> {
    const more = ['--steps', '1000000', '--json', ...args];
    const child = startChild(program, ['train', '--text', 't.txt', ...small, ...more], folder());
    await child.prints('"event":"step"');
    return child;
  }

  test.each(['--out', '--log'])('a second one with the same %s is refused', async (option) => {
    writeFileSync(at('t.txt'), readFileSync(path.join(made(), 't.txt')));
    const child = await begin('--out', 'a', option, 'x');
    const result = await train('--out', 'b', option, 'x', '--force');
    expect(onlyLine(result)).toMatch(/x is being written by another run/);
    expect(result.exitCode).toBe(2);
    child.kill('SIGINT');
    expect((await child.ended).code).toBe(130);
    expect(readdirSync(folder()).filter((name) => /lock|tmp/.test(name))).toEqual([]);
  });

  test('what a killed one left is not in the way, and goes', async () => {
    writeFileSync(at('t.txt'), readFileSync(path.join(made(), 't.txt')));
    const child = await begin('--out', 'x');
    child.kill('SIGKILL');
    await child.ended;
    writeFileSync(at(`x.tmp-${child.pid}`), 'half of one');
    expect(read('x.lock').toString()).toBe(`legacy_llm ${child.pid}\n`);
    expect(await train('--out', 'x')).toMatchObject({ stderr: '', exitCode: 0 });
    expect(readdirSync(folder()).sort()).toEqual(['t.txt', 'x']);
  });
});

describe('a checkpoint that a killed one was writing', () => {
  test('is no leftover to a training that goes on from it', async () => {
    writeFileSync(at('t.txt'), readFileSync(path.join(made(), 't.txt')));
    await train('--out', 'x.tmp-4242', '--stop-after', '2');
    writeFileSync(at('x.lock'), 'legacy_llm 4242\n');
    const args = ['train', '--text', 't.txt', '--resume', 'x.tmp-4242', '--out', 'x'];
    expect(await run(args)).toMatchObject({ stderr: '', exitCode: 0 });
    expect(readdirSync(folder()).sort()).toEqual(['t.txt', 'x', 'x.tmp-4242']);
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
