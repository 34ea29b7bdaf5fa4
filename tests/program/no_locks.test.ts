// A file system without locks, as some that come over a network: whose a path is, its lock file says.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { exec } from '../../ts/support/exec.ts';
import { rootDir } from '../../ts/support/paths.ts';
import { execPlain } from '../exec.ts';
import { stories } from '../stories.ts';
import { temporaryFolderOfSuite, useTemporaryFolder } from '../temporary.ts';
import { startChild } from './child.ts';
import { onlyLine, programOf, small } from './program.ts';

const made = temporaryFolderOfSuite();
const folder = useTemporaryFolder();
const at = (name: string) => path.join(folder(), name);

beforeAll(async () => {
  const source = path.join(rootDir, 'tests', 'program', 'no_locks.c');
  await exec('cc', ['-shared', '-fPIC', '-O1', source, '-o', path.join(made(), 'no_locks.so')]);
});

// The words for env(1) that train where there are no locks.
async function training(steps: string, ...more: string[]) {
  const program = [`LD_PRELOAD=${path.join(made(), 'no_locks.so')}`, await programOf(), 'train'];
  return [...program, '--text', stories, '--out', 'm.ckpt', '--steps', steps, ...small, ...more];
}

const train = async () => execPlain('env', await training('3'), { cwd: folder() });

test('a second run is refused while the first lives, and its files stay', async () => {
  const first = startChild('env', await training('1000000', '--json'), folder());
  await first.prints('"event":"step"');
  const before = readdirSync(folder());
  const second = await train();
  expect(onlyLine(second)).toMatch(/m\.ckpt is being written by another run of this program/);
  expect(second.exitCode).toBe(2);
  expect(readdirSync(folder())).toEqual(before);
  first.kill('SIGINT');
  expect((await first.ended).code).toBe(130);
  expect(readdirSync(folder())).toEqual(['m.ckpt']);
});

test('what a run left that is gone from this machine is in no way, and stays', async () => {
  const gone = 2 ** 22 + 1; // above all numbers of processes
  writeFileSync(at('m.ckpt.lock'), `legacy_llm ${gone}\n`);
  writeFileSync(at(`m.ckpt.tmp-${gone}`), 'of a run that may live on another machine');
  expect(await train()).toMatchObject({ stderr: '', exitCode: 0 });
  expect(readdirSync(folder()).sort()).toEqual(['m.ckpt', `m.ckpt.tmp-${gone}`]);
  expect(readFileSync(at(`m.ckpt.tmp-${gone}`), 'utf8')).toMatch(/another machine$/);
});
