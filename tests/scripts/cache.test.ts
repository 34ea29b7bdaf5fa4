// What is kept for later runs: found whole, repaired where it is damaged, and never half there. The
// entry of these tests is cheap to make; kernel, sysroot and Emscripten go the same way.
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { kept } from '../../scripts/cache.mjs';
import { exec } from '../../ts/support/exec.ts';
import { useTemporaryFolder } from '../temporary.ts';

const temporary = useTemporaryFolder();
const root = () => path.join(temporary(), 'cache');
const NAME = path.join('kernel', '5f');
const inEntry = (name: string) => path.join(root(), NAME, name);

// Gets the entry; tells how often it was made and what was said.
async function get(change: { roots?: string[]; make?: (folder: string) => Promise<void> } = {}) {
  let made = 0;
  const said: string[] = [];
  const make = async (folder: string) => {
    made++;
    if (change.make) return change.make(folder);
    writeFileSync(path.join(folder, 'bzImage'), 'the kernel');
    mkdirSync(path.join(folder, 'deep'));
    writeFileSync(path.join(folder, 'deep/config'), 'its configuration');
  };
  const isWhole = async (folder: string) => statSync(path.join(folder, 'bzImage')).size > 0;
  const entry = { name: NAME, what: 'the kernel', make, isWhole };
  const roots = change.roots ?? [root()];
  const folder = await kept(entry, { roots, log: (line) => said.push(line) });
  return { made, said: said.join('\n'), folder };
}

test('it is made once, and then found', async () => {
  expect(await get()).toEqual({ made: 1, said: '', folder: path.join(root(), NAME) });
  expect(await get()).toEqual({ made: 0, said: '', folder: path.join(root(), NAME) });
  expect(readdirSync(path.join(root(), 'kernel'))).toEqual(['5f']);
});

test('its sums are those of sha256sum', async () => {
  const { folder } = await get();
  const { stdout } = await exec('sha256sum', ['--check', 'SHA256SUMS'], { cwd: folder });
  expect(stdout).toBe('bzImage: OK\ndeep/config: OK\n');
});

test.each<[string, () => void, RegExp]>([
  ['a file is missing', () => rmSync(inEntry('bzImage')), /bzImage is missing/],
  ['a file is cut off', () => truncateSync(inEntry('bzImage'), 4), /bzImage has changed/],
  [
    'a bit has changed',
    () => writeFileSync(inEntry('deep/config'), 'jts configuration'),
    /config has/,
  ],
  ['a file is empty', () => truncateSync(inEntry('deep/config'), 0), /deep\/config has changed/],
  ['the sums are cut off', () => truncateSync(inEntry('SHA256SUMS'), 120), /SHA256SUMS is damaged/],
  ['the sums are empty', () => truncateSync(inEntry('SHA256SUMS'), 0), /SHA256SUMS is damaged/],
  [
    'a file is a folder',
    () => {
      rmSync(inEntry('bzImage'));
      mkdirSync(inEntry('bzImage'));
    },
    /bzImage cannot be read \(EISDIR\)/,
  ],
])('when %s, then it is named and repaired in the next run', async (_what, damage, words) => {
  await get();
  damage();
  const { made, said } = await get();
  expect(made).toBe(1);
  expect(said).toMatch(/^the kernel is damaged and is made again \(/);
  expect(said).toMatch(words);
  expect(readFileSync(inEntry('bzImage'), 'utf8')).toBe('the kernel');
  expect(await get()).toMatchObject({ made: 0, said: '' });
});

test('a folder without sums is taken over when it is whole, and made again when it is half', async () => {
  mkdirSync(inEntry(''), { recursive: true });
  writeFileSync(inEntry('config'), 'half');
  expect(await get()).toMatchObject({ made: 1, said: expect.stringContaining('it is incomplete') });
  rmSync(inEntry('SHA256SUMS'));
  expect(await get()).toMatchObject({ made: 0, said: '' });
  expect(existsSync(inEntry('SHA256SUMS'))).toBe(true);
});

test('a file where its folder should be is replaced', async () => {
  mkdirSync(path.dirname(inEntry('')), { recursive: true });
  writeFileSync(path.join(root(), NAME), 'a file');
  expect((await get()).made).toBe(1);
});

test('when making it fails, then nothing is left of it', async () => {
  const make = async (folder: string) => {
    writeFileSync(path.join(folder, 'half'), 'x');
    throw new Error('no compiler');
  };
  await expect(get({ make })).rejects.toThrow('no compiler');
  expect(readdirSync(path.join(root(), 'kernel'))).toEqual([]);
});

test('when the disk is full, then a sentence says so and what to do', async () => {
  const make = async () => {
    throw Object.assign(new Error('ENOSPC'), {
      code: 'ENOSPC',
      syscall: 'write',
      path: '/x/bzImage',
    });
  };
  await expect(get({ make })).rejects.toMatchObject({
    message: expect.stringMatching(/^the kernel could not be kept in .*: the disk is full$/),
    hint: expect.stringContaining('XDG_CACHE_HOME='),
  });
});

test('a cache that cannot be written gives way to the next one, which is said', async () => {
  writeFileSync(path.join(temporary(), 'file'), '');
  const roots = [path.join(temporary(), 'file', 'cache'), root()];
  const { said, folder } = await get({ roots });
  expect(folder).toBe(path.join(root(), NAME));
  expect(said).toMatch(/^cannot .*; keeping it in .*cache$/);
  expect(await get({ roots })).toMatchObject({ made: 0, said: '' });
});

test('what a killed run left is removed by the next one', async () => {
  const module = path.join(import.meta.dirname, '../../scripts/cache.mjs');
  const script = `import { kept } from ${JSON.stringify(module)};
    const make = () => { console.log('making'); return new Promise((r) => setTimeout(r, 60000)); };
    await kept({ name: ${JSON.stringify(NAME)}, what: 'x', make }, { roots: [${JSON.stringify(root())}] });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
  await new Promise((resolve) => child.stdout.once('data', resolve));
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('exit', resolve));
  expect(readdirSync(path.join(root(), 'kernel'))).toHaveLength(1);
  expect((await get()).made).toBe(1);
  expect(readdirSync(path.join(root(), 'kernel'))).toEqual(['5f']);
});

test('of two runs at once one makes it, and the other waits for it', async () => {
  let release = () => {};
  const started = new Promise<void>((resolve) => {
    release = resolve;
  });
  const slow = async (folder: string) => {
    release();
    await new Promise((resolve) => setTimeout(resolve, 500));
    writeFileSync(path.join(folder, 'bzImage'), 'slowly');
  };
  const first = get({ make: slow });
  await started;
  const second = await get();
  expect(second).toMatchObject({ made: 0, said: expect.stringContaining('waiting for it') });
  expect((await first).made).toBe(1);
});
