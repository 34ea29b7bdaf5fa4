// Disks that are really full and folders that are really read-only. A small tmpfs is the disk, so
// most of this needs root; where nothing can be mounted it is skipped, and vitest says so. The same
// failures in every place are in faults.test.ts, which needs nothing.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exec } from '../../ts/support/exec.ts';
import { execPlain } from '../exec.ts';
import { stories } from '../stories.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { startChild } from './child.ts';
import { onlyLine, programOf, runProgram, small } from './program.ts';

const folder = useTemporaryFolder();
const at = (name: string) => path.join(folder(), name);
const onDisk = (name: string) => path.join(folder(), 'disk', name);
const isRoot = process.getuid?.() === 0;

function mount(options: string, place: string): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', place]).status === 0;
}

function canMount(): boolean {
  if (!isRoot || process.platform !== 'linux') return false;
  const place = mkdtempSync(path.join(tmpdir(), 'legacy-llm-disk-'));
  const works = mount('size=4k', place);
  if (works) execFileSync('umount', [place]);
  rmdirSync(place);
  return works;
}

// What is there already is no checkpoint, and is replaced all the same.
const training = ['train', '--text', stories, '--steps', '3', '--force', ...small];

// Takes what is free of the disk, but for so many pages of 4 KiB.
function fillDisk(but = 0): void {
  const page = Buffer.alloc(4096);
  let pages = readdirSync(at('disk')).filter((name) => name.startsWith('filler')).length;
  try {
    for (; ; pages++) writeFileSync(onDisk(`filler${pages}`), page);
  } catch {
    // Now it is full.
  }
  rmSync(onDisk(`filler${pages}`), { force: true });
  for (let i = 1; i <= but; i++) rmSync(onDisk(`filler${pages - i}`), { force: true });
}

const onDiskNow = () => readdirSync(at('disk')).filter((name) => !name.startsWith('filler'));

describe.skipIf(!canMount())('a small disk', () => {
  beforeEach(() => {
    mkdirSync(at('disk'));
    expect(mount('size=512k', at('disk'))).toBe(true);
  });
  afterEach(() => {
    execFileSync('umount', [at('disk')]);
  });

  const commands: [name: string, args: (model: string) => string[], out: string][] = [
    ['train', () => [...training, '--out', onDisk('out')], 'out'],
    [
      'train --resume',
      (model) => ['train', '--text', stories, '--resume', model, '--out', onDisk('out'), '--force'],
      'out',
    ],
    [
      'train --log',
      () => [...training, '--steps', '400', '--out', at('m2'), '--log', onDisk('out')],
      'out',
    ],
    ['export', (model) => ['export', '--model', model, '--out', onDisk('out')], 'out'],
    [
      'generate',
      (model) => ['generate', '--model', model, '--tokens', '9000', '--out', onDisk('out')],
      'out',
    ],
    ['tokenizer', (model) => ['tokenizer', '--model', model, '--out', onDisk('out')], 'out'],
  ];
  test.each(commands)(
    'when it is full then %s says so, and what was there is whole',
    async (name, args, out) => {
      await runProgram([...training, '--stop-after', '2', '--out', at('m.ckpt')]);
      writeFileSync(onDisk(out), 'the old one');
      for (const free of [0, 1]) {
        fillDisk(free);
        const result = await runProgram(args(at('m.ckpt')));
        if (result.exitCode === 0 && free === 1 && name === 'tokenizer') continue; // it fits
        expect(result.exitCode).toBe(1);
        expect(onlyLine(result)).toMatch(/No space left on device/);
        // A log is begun before the first step, and keeps the lines that there was place for.
        const old = name === 'train --log' ? /^(\{"step":1,.*)?/ : /^the old one$/;
        expect(readFileSync(onDisk(out), 'utf8')).toMatch(old);
        expect(onDiskNow()).toEqual([out]);
      }
    },
  );

  test('when it fills up during a training then the last checkpoint is whole', async () => {
    const program = await programOf();
    const args = [...training, '--steps', '100000', '--save-every', '5', '--out', onDisk('m.ckpt')];
    const child = startChild(program, [...args, '--json']);
    while (child.isRunning() && !existsSync(onDisk('m.ckpt'))) await sleep(5);
    // A save that has all its place already ends well, and gives back that of the one before.
    for (; child.isRunning(); await sleep(5)) fillDisk();
    const { code, stderr } = await child.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^legacy_llm: c.*: No space left on device[^\n]*\n$/);
    expect(onDiskNow()).toEqual(['m.ckpt']);
    const { stdout } = await exec(program, ['info', '--model', onDisk('m.ckpt')]);
    expect(stdout).toMatch(/step \d*[05] of 100000/);
    const judged = ['eval', '--text', stories, '--model', onDisk('m.ckpt'), '--eval-tokens', '50'];
    expect((await runProgram(judged)).exitCode).toBe(0);
  });

  test.each(commands)(
    'when it is read-only then %s says so, and what was there is whole',
    async (_name, args, out) => {
      await runProgram([...training, '--stop-after', '2', '--out', at('m.ckpt')]);
      writeFileSync(onDisk(out), 'the old one');
      execFileSync('mount', ['-o', 'remount,ro', at('disk')]);
      const result = await runProgram(args(at('m.ckpt')));
      expect(result.exitCode).toBe(1);
      expect(onlyLine(result)).toMatch(/cannot write .*: Read-only file system/);
      expect(readFileSync(onDisk(out), 'utf8')).toBe('the old one');
    },
  );
});

test('in a folder where nothing may be written, it says so before it trains', async () => {
  const program = await programOf();
  // Root may write anywhere, so root becomes nobody.
  const become = isRoot ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];
  chmodSync(folder(), 0o755);
  copyFileSync(program, at('legacy_llm'));
  copyFileSync(stories, at('t.txt'));
  chmodSync(at('t.txt'), 0o644);
  mkdirSync(at('closed'));
  writeFileSync(at('closed/m.ckpt'), 'the old one', { mode: 0o444 });
  chmodSync(at('closed'), 0o555);
  const [command = '', ...args] = [
    ...become,
    at('legacy_llm'),
    ...training,
    ...['--text', at('t.txt'), '--out', at('closed/m.ckpt')],
  ];
  const result = await execPlain(command, args);
  chmodSync(at('closed'), 0o755);
  expect(result.exitCode).toBe(1);
  expect(onlyLine(result)).toMatch(/cannot write .*m\.ckpt: Permission denied/);
  expect(result.stdout).not.toContain('step 1');
  expect(readdirSync(at('closed'))).toEqual(['m.ckpt']);
  expect(readFileSync(at('closed/m.ckpt'), 'utf8')).toBe('the old one');
});

test.each(['8', '1', '0'])(
  'beyond a limit of %s blocks for files, a write fails as on a full disk',
  async (blocks) => {
    const program = await programOf();
    writeFileSync(at('m.ckpt'), 'the old one');
    const script = `ulimit -f ${blocks}; exec "$@"`;
    const args = [...training, '--out', at('m.ckpt')];
    const result = await execPlain('sh', ['-c', script, 'sh', program, ...args]);
    expect(result.exitCode).toBe(1);
    expect(onlyLine(result)).toMatch(/could not write all of .*m\.ckpt: File too large; what was/);
    expect(readFileSync(at('m.ckpt'), 'utf8')).toBe('the old one');
    expect(readdirSync(folder())).toEqual(['m.ckpt']);
  },
);
