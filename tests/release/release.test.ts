// The release: its rows, and a small one made for real, of the sources and a program.
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { onPath } from '../../scripts/requirements.mjs';
import { findImage } from '../../ts/images/rows.ts';
import { checkReleaseFolder, makeRelease } from '../../ts/release/make.ts';
import { readmeOf } from '../../ts/release/readme.ts';
import { findPart, parts, targetsOfPart } from '../../ts/release/rows.ts';
import { checkClean, commitOf, writeSource } from '../../ts/release/source.ts';
import { works } from '../../ts/release/works.ts';
import { copyCheckout } from '../../ts/support/checkout.ts';
import { exec, execAny } from '../../ts/support/exec.ts';
import { exists } from '../../ts/support/files.ts';
import { rootDir } from '../../ts/support/paths.ts';
import { createProgress } from '../../ts/support/progress.ts';
import { temporaryFolderOfSuite } from '../temporary.ts';

const folder = temporaryFolderOfSuite();
const at = (...names: string[]) => path.join(folder(), ...names);
const silent = createProgress({ write: () => {} });
const git = (...args: string[]) =>
  exec('git', ['-C', at('checkout'), '-c', 'user.name=x', '-c', 'user.email=x', ...args]);

// A checkout of git's that is of one commit, whatever is being changed in this one.
beforeAll(async () => {
  await copyCheckout(at('checkout'));
  await git('init', '--quiet');
  await git('add', '--all');
  await git('commit', '--quiet', '--message', 'all of it');
});

function release(env: Record<string, string>, ...args: string[]) {
  const script = at('checkout', 'scripts/legacy-llm.mjs');
  return execAny(process.execPath, [script, 'release', ...args], { cwd: at('checkout'), env });
}

describe('the rows', () => {
  test('have all that is to be handed to others', () => {
    const names = 'source deb floppy disc p2 p3 ppc win32 wasm wasm-simd'.split(' ');
    expect(parts.map(({ name }) => name)).toEqual(names);
  });

  test('say of each image whose work it boots, and of busybox where it has a shell', () => {
    for (const { from, works: inside } of parts) {
      if (typeof from === 'string' || !('image' in from)) continue;
      expect(inside).toEqual(expect.arrayContaining(['linux', 'syslinux', 'musl']));
      expect(inside.includes('busybox')).toBe(findImage(from.image).shell);
    }
  });

  test('say which builds a check of the release has to make again', () => {
    expect(targetsOfPart(findPart('source'))).toEqual([]);
    expect(targetsOfPart(findPart('p3'))).toEqual(['p3']);
    const ofDisc = targetsOfPart(findPart('disc'));
    expect(ofDisc).toEqual(Object.values(findImage('disc').programs));
    expect(ofDisc.length).toBeGreaterThan(1);
  });
});

describe('a release of a program', () => {
  const made = () => at('programs');

  test('has the program with what it needs, in a folder by itself', async () => {
    await makeRelease([findPart('p3')], made(), silent);
    for (const name of ['legacy_llm', 'data/stories.llm', 'data/tiny_stories_sample.txt']) {
      expect(statSync(path.join(made(), 'p3', name)).size).toBeGreaterThan(100_000);
    }
    expect(statSync(path.join(made(), 'p3/legacy_llm')).mode & 0o777).toBe(0o755);
    expect(statSync(path.join(made(), 'p3/data/stories.llm')).mode & 0o777).toBe(0o644);
  });

  test('has sums of all files, and a page that says whose work is in it', async () => {
    const { stdout } = await exec('sha256sum', ['--check', '--strict', 'SHA256SUMS'], {
      cwd: made(),
    });
    const files = ['LICENSE', 'README.txt', 'p3/LICENSE', 'p3/data/stories.llm'];
    for (const name of [...files, 'p3/legacy_llm']) expect(stdout).toContain(`${name}: OK\n`);
    const page = readFileSync(path.join(made(), 'README.txt'), 'utf8');
    expect(page).toMatch(/^Legacy-1bit LLM \d+\.\d+\.\d+\r\n=+\r\n/);
    expect(page).not.toMatch(/[^\r]\n/);
    expect(page).toMatch(/\n {4}musl, MIT: musl=\S+ \(in p3\)\r\n/);
    expect(page).not.toContain('GPL');
  });

  test('is replaced by the next one, whole', async () => {
    const before = readFileSync(path.join(made(), 'SHA256SUMS'), 'utf8');
    await checkReleaseFolder(made());
    await makeRelease([findPart('p3')], made(), silent);
    expect(readFileSync(path.join(made(), 'SHA256SUMS'), 'utf8')).toBe(before);
  });

  test('is never put in place of anything else', async () => {
    writeFileSync(path.join(made(), 'mine.txt'), 'x');
    await expect(checkReleaseFolder(made())).rejects.toThrow('holds something else: mine.txt');
    mkdirSync(at('mine', 'deep'), { recursive: true });
    await expect(checkReleaseFolder(at('mine'))).rejects.toThrow('holds something else: deep');
    await checkReleaseFolder(at('not there'));
  });
});

describe('the Debian package', () => {
  const made = () => at('package');
  const packages = () => ['--admindir', at('root/var/lib/dpkg'), '--root', at('root')];

  test('is made twice of the same bytes', async () => {
    const sums: string[] = [];
    for (let i = 0; i < 2; i++) {
      await makeRelease([findPart('deb')], made(), silent);
      sums.push(readFileSync(path.join(made(), 'SHA256SUMS'), 'utf8'));
    }
    expect(sums[1]).toBe(sums[0]);
    expect(sums[0]).toMatch(/ legacy-llm_\d+\.\d+\.\d+_\w+\.deb\n/);
  });

  test('is installed, tells a story by its own model, and goes without a trace', async () => {
    const [file = ''] = readdirSync(made()).filter((name) => name.endsWith('.deb'));
    for (const name of ['updates', 'info']) {
      mkdirSync(at('root/var/lib/dpkg', name), { recursive: true });
    }
    for (const name of ['status', 'available']) writeFileSync(at('root/var/lib/dpkg', name), '');
    const dpkg = (...args: string[]) => exec('dpkg', [...packages(), '--force-depends', ...args]);
    await dpkg('--install', path.join(made(), file));
    const program = at('root/usr/bin/legacy_llm');
    const { stdout } = await exec(program, ['generate', '--prompt', 'One day', '-n', '60']);
    expect(stdout).toMatch(/^One day \w+ /);
    await exec('zcat', [at('root/usr/share/man/man1/legacy_llm.1.gz')]);
    await dpkg('--remove', 'legacy-llm');
    expect(readdirSync(at('root'))).toEqual(['var']);
  });
});

test('the page offers the sources of what is under the GNU GPL, in their versions', async () => {
  vi.spyOn(works.linux, 'version').mockResolvedValue('6.1.1+b2');
  vi.spyOn(works.syslinux, 'version').mockResolvedValue('6.04');
  vi.spyOn(works.musl, 'version').mockResolvedValue('1.2');
  const made = [{ part: findPart('floppy'), files: ['a.img'] }];
  const page = await readmeOf(made, { version: '1.0', commit: 'abc' });
  vi.restoreAllMocks();
  expect(page).toContain('Made of commit abc.');
  expect(page).toContain('    dd if=a.img of=/dev/fd0');
  expect(page).toContain('    Linux, GNU GPL 2: linux=6.1.1 (in floppy)');
  expect(page).toContain('"apt-get source NAME=VERSION"');
});

test('what cannot be made here is named with the reason, with the rest that can be', async () => {
  mkdirSync(at('bin'));
  for (const name of ['git', 'flock', 'sh', 'cat']) {
    symlinkSync(onPath(name) ?? '', at('bin', name));
  }
  const args = ['--only', 'p3,source', '--out', at('none')];
  const { exitCode, stderr } = await release({ PATH: at('bin') }, ...args);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^legacy-llm: not made here: p3; no release was written\n {2}p3: .*gcc/);
  expect(stderr).toContain('\n  What can be made: npm run release -- --only source\n');
  expect(await exists(at('none'))).toBe(false);
});

describe('the sources', () => {
  test('are the files of the commit, and the same bytes whatever the settings of the user', async () => {
    const hashes: string[] = [];
    for (const autocrlf of ['false', 'true']) {
      await git('config', 'core.autocrlf', autocrlf);
      await git('config', 'tar.umask', autocrlf === 'true' ? '0077' : '0002');
      const file = at(`source-${autocrlf}.tar.gz`);
      await writeSource(at('checkout'), 'legacy', file);
      hashes.push((await exec('sha256sum', [file])).stdout.split(' ', 1)[0] ?? '');
    }
    await git('config', '--unset', 'core.autocrlf');
    expect(hashes[1]).toBe(hashes[0]);
    const { stdout } = await exec('tar', ['-tzf', at('source-true.tar.gz')]);
    const names = (await git('ls-files')).stdout.trim().split('\n');
    const listed = stdout.split('\n').filter((name) => name !== '' && !name.endsWith('/'));
    expect(listed.sort()).toEqual(names.map((name) => `legacy/${name}`).sort());
  });

  test('made again by a clone are the same bytes', async () => {
    const { exitCode, stdout, stderr } = await release({}, '--only', 'source', '--check');
    expect(stderr).not.toContain('legacy-llm:');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/\nmade again in another folder: the same bytes\n$/);
    const version = readFileSync(path.join(rootDir, 'c/include/legacy_llm.h'), 'utf8');
    const [, number] = /LEGACY_LLM_VERSION "(.*)"/.exec(version) ?? [];
    expect(await exists(at('checkout/images/release', `legacy_llm-${number}.tar.gz`))).toBe(true);
  });

  test('that no commit has are refused, before anything is made', async () => {
    for (const name of ['c/src/new.c', 'README.md', 'a name']) {
      writeFileSync(at('checkout', name), 'changed');
    }
    await expect(checkClean(at('checkout'))).rejects.toThrow(/no commit has: README.md, /);
    const { exitCode, stderr } = await release({}, '--only', 'source');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^legacy-llm: the checkout has changes that no commit has: .*\n {2}/);
  });

  test('of a folder that is no checkout cannot be made, which is said', async () => {
    expect(await commitOf(folder())).toBeUndefined();
  });
});
