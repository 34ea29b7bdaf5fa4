import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { provideSysroot, type SysrootPlaces } from '../../ts/build/sysroot.ts';
import { exec } from '../../ts/support/exec.ts';
import { useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();

const cache = () => path.join(folder(), 'cache');

function places(env: NodeJS.ProcessEnv = {}): SysrootPlaces {
  return { roots: [cache()], env };
}

async function writeFiles(root: string, files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), text);
  }
}

const MUSL = { 'lib/libc.a': 'archive', 'lib/crt1.o': 'start', 'include/stdio.h': 'header' };

describe('from the cache', () => {
  test('the newest complete version is used, and gets its sums', async () => {
    await writeFiles(path.join(cache(), 'musl-i386-1.2.3-1'), { ...MUSL, VERSION: '1.2.3-1\n' });
    await writeFiles(path.join(cache(), 'musl-i386-1.2.5-1'), MUSL);
    const sysroot = await provideSysroot(places());
    expect(sysroot.version).toBe('musl 1.2.3-1');
    expect(await readFile(path.join(sysroot.lib, 'libc.a'), 'utf8')).toBe('archive');
    const sums = await readFile(path.join(cache(), 'musl-i386-1.2.3-1/SHA256SUMS'), 'utf8');
    expect(sums).toMatch(/^# SHA-256 of 4 files\n[0-9a-f]{64} {2}VERSION\n/);
  });
});

describe('LEGACY_LLM_MUSL', () => {
  test('names a folder to use as it is', async () => {
    await writeFiles(path.join(folder(), 'mine'), MUSL);
    const sysroot = await provideSysroot(places({ LEGACY_LLM_MUSL: path.join(folder(), 'mine') }));
    expect(sysroot.lib).toBe(path.join(folder(), 'mine/lib'));
  });

  test('when it holds no musl, then the error says what must be there', async () => {
    await expect(provideSysroot(places({ LEGACY_LLM_MUSL: folder() }))).rejects.toMatchObject({
      message: expect.stringContaining('holds no musl'),
      hint: expect.stringContaining('lib/libc.a'),
    });
  });
});

describe('fetched with apt-get', () => {
  const before = process.env.PATH;

  beforeEach(async () => {
    await mkdir(path.join(folder(), 'bin'));
    process.env.PATH = `${path.join(folder(), 'bin')}${path.delimiter}${before}`;
  });
  afterEach(() => {
    process.env.PATH = before;
  });

  // An apt-get that "downloads" by running a shell script in the folder it is started in.
  async function fakeApt(script: string): Promise<void> {
    const file = path.join(folder(), 'bin/apt-get');
    await writeFile(file, `#!/bin/sh\n${script}\n`);
    await chmod(file, 0o755);
  }

  async function buildPackage(): Promise<string> {
    const tree = path.join(folder(), 'tree');
    const control = 'Package: musl-dev\nVersion: 1.2.9-3\nArchitecture: i386\n';
    await writeFiles(tree, {
      'DEBIAN/control': `${control}Maintainer: test <test@localhost>\nDescription: a test\n`,
      'usr/include/i386-linux-musl/stdio.h': 'header',
      'usr/lib/i386-linux-musl/libc.a': 'archive',
      'usr/lib/i386-linux-musl/crt1.o': 'start',
      'usr/share/doc/musl-dev/copyright': 'licence',
    });
    const archive = path.join(folder(), 'musl.deb');
    await exec('dpkg-deb', ['--build', tree, archive]);
    return archive;
  }

  test('into the cache, with the licence, and found there', async () => {
    const archive = await buildPackage();
    await fakeApt(`case "$*" in *download*) cp ${archive} musl-dev_1.2.9-3_i386.deb;; esac`);
    const said: string[] = [];
    const sysroot = await provideSysroot(places(), (line) => said.push(line));
    expect(sysroot.version).toBe('musl 1.2.9-3');
    expect(said).toHaveLength(1);
    expect((await readdir(cache())).sort()).toEqual(['locks', 'musl-i386']);
    const kept = await readdir(path.join(cache(), 'musl-i386'));
    expect(kept.sort()).toEqual(['SHA256SUMS', 'VERSION', 'doc', 'include', 'lib']);
    expect((await provideSysroot(places())).version).toBe('musl 1.2.9-3');
  });

  test('apt is asked for i386 with lists of our own, so the system stays as it is', async () => {
    const calls = path.join(folder(), 'calls');
    await fakeApt(`echo "$@" >> ${calls}; exit 100`);
    await expect(provideSysroot(places())).rejects.toThrow('fetch musl-dev for i386 failed');
    const text = await readFile(calls, 'utf8');
    for (const call of text.trim().split('\n')) {
      expect(call).toContain('APT::Architecture=i386');
      expect(call).toContain(`Dir::State::Lists=${cache()}`);
    }
  });

  test('a file that has changed is found, named and fetched again', async () => {
    const archive = await buildPackage();
    await fakeApt(`case "$*" in *download*) cp ${archive} musl-dev_1.2.9-3_i386.deb;; esac`);
    const { lib } = await provideSysroot(places());
    await writeFile(path.join(lib, 'libc.a'), 'archivX');
    const said: string[] = [];
    await provideSysroot(places(), (line) => said.push(line));
    expect(said[0]).toMatch(/^musl for i386 is damaged .*lib\/libc.a has changed/);
    expect(await readFile(path.join(lib, 'libc.a'), 'utf8')).toBe('archive');
  });

  test('when apt fails, then its words and the way without apt are shown, nothing is left', async () => {
    await fakeApt('echo "E: no network" >&2; exit 100');
    await expect(provideSysroot(places())).rejects.toMatchObject({
      hint: expect.stringMatching(/E: no network[\s\S]*LEGACY_LLM_MUSL/),
    });
    expect(await readdir(cache())).toEqual(['locks']);
  });
});
