// Runs the real scripts/setup.mjs in a throw-away checkout, with an npm and an apt-get of our own.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { parseAptStatus } from '../../scripts/debian.mjs';
import { onPath } from '../../scripts/requirements.mjs';
import { rootDir } from '../../ts/support/paths.ts';
import { useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();
const inside = (...names: string[]) => path.join(folder(), ...names);

beforeEach(() => {
  mkdirSync(inside('bin'));
  for (const name of readdirSync(path.join(rootDir, 'scripts'))) {
    if (name.endsWith('.mjs')) cpSync(path.join(rootDir, 'scripts', name), inside('scripts', name));
  }
  writeLock('package-lock.json', '1.0.0');
});

function writeLock(file: string, version: string): void {
  const packages = {
    '': { name: 'legacy-llm' },
    'node_modules/one': { version },
    'node_modules/for-another-system': { version: '2.0.0', optional: true },
  };
  mkdirSync(path.dirname(inside(file)), { recursive: true });
  writeFileSync(inside(file), JSON.stringify({ packages }));
}

function installPackages(version = '1.0.0'): void {
  writeLock('node_modules/.package-lock.json', version);
  mkdirSync(inside('node_modules/one'), { recursive: true });
  writeFileSync(inside('node_modules/one/package.json'), '{}');
}

function writeScript(name: string, lines: string): void {
  writeFileSync(inside('bin', name), `#!/bin/sh\n${lines}\n`);
  chmodSync(inside('bin', name), 0o755);
}

// What all builds need.
const BUILDS = 'host i386 wasm';

// Runs `node scripts/setup.mjs WORDS` with only our commands on the PATH.
function runSetup(words: string, options: { root?: boolean } = {}) {
  const uid = options.root ? 0 : 1000;
  const asUser = `data:text/javascript,process.getuid=()=>${uid}`;
  const env = { PATH: inside('bin'), HOME: folder(), XDG_CACHE_HOME: inside('cache') };
  const child = spawnSync(
    process.execPath,
    ['--import', asUser, inside('scripts/setup.mjs'), ...words.split(' ')],
    { encoding: 'utf8', env, cwd: folder() },
  );
  return { code: child.status, text: child.stderr, out: child.stdout };
}

describe('npm packages', () => {
  test('when they are as in the lock, then nothing is run and nothing is said', () => {
    installPackages();
    expect(runSetup('node')).toEqual({ code: 0, text: '', out: '' });
  });

  const npm = 'echo "npm $*"; echo "$*" > called';

  test('when there are none, then npm ci installs them, with the development ones', () => {
    writeScript('npm', npm);
    const { code, text } = runSetup('node');
    expect(code).toBe(0);
    expect(text).toContain('installing the npm packages');
    expect(readFileSync(inside('called'), 'utf8')).toMatch(/^ci .*--include=dev/);
  });

  test('when one has another version, then npm ci runs', () => {
    installPackages('0.9.0');
    writeScript('npm', npm);
    expect(runSetup('node').text).toContain('npm ci');
  });

  test('when the lock is newer than what is installed, then npm ci runs', () => {
    installPackages();
    writeLock('package-lock.json', '1.0.1');
    writeScript('npm', npm);
    runSetup('node');
    expect(existsSync(inside('called'))).toBe(true);
  });

  test('when npm fails, then its exit code is passed on with a word about it', () => {
    writeScript('npm', 'echo "npm error: no network" >&2; exit 7');
    const { code, text } = runSetup('node');
    expect(code).toBe(7);
    expect(text).toMatch(/no network[\s\S]*npm ci failed \(exit code 7\)/);
  });
});

describe('Debian packages', () => {
  beforeEach(() => installPackages());

  test('without root: says what is missing and the whole command, fails, runs nothing', () => {
    writeScript('apt-get', 'echo "$*" >> called');
    const { code, text } = runSetup(BUILDS);
    expect(code).toBe(1);
    expect(text).toContain('emcc (compiles the WebAssembly builds)');
    expect(text).toMatch(
      /sudo apt-get install --no-install-recommends gcc (libc6-dev )?binutils .*emscripten/,
    );
    expect(existsSync(inside('called'))).toBe(false);
  });

  test('without apt: lists what to install by hand', () => {
    const { code, text } = runSetup(BUILDS, { root: true });
    expect(code).toBe(1);
    expect(text).toContain('no Debian system');
    expect(text).toContain('emcc: install the Emscripten SDK');
  });

  // Writes what apt writes to its status pipe, then "installs" every command asked for.
  const INSTALLER = `echo "$*" >> called
    case "$*" in *update*) exit 0;; esac
    echo 'dlstatus:1:50:Retrieving file 1 of 2' >&3
    echo 'pmstatus:gcc:amd64:60.5:Unpacking gcc' >&3
    for name in gcc make objdump emcc qemu-i386-static; do
      printf '#!/bin/sh\\n[ "$1" = -m64 ] || echo /usr/bin/env' > bin/$name
      /bin/chmod +x bin/$name
    done`;

  test('as root: installs what is missing, shows progress, succeeds', () => {
    writeScript('apt-get', INSTALLER);
    const { code, text } = runSetup(BUILDS, { root: true });
    expect(text).toContain('download 50 %');
    expect(text).toContain('install 50 %');
    expect(code).toBe(0);
    const calls = readFileSync(inside('called'), 'utf8');
    expect(calls).toMatch(/install -y --no-install-recommends .*emscripten/);
    expect(runSetup(BUILDS, { root: true }).text).toBe('');
  });

  test('when apt fails, then it is tried with new lists, then its words are shown', () => {
    writeScript('apt-get', 'echo "$*" >> called; echo "E: Unable to fetch"; exit 100');
    const { code, text } = runSetup(BUILDS, { root: true });
    expect(code).toBe(1);
    expect(text).toContain('apt-get failed (exit code 100)');
    expect(text).toContain('E: Unable to fetch');
    expect(text).toMatch(/apt-get update && (sudo )?apt-get install --no-install-recommends gcc/);
    expect(readFileSync(inside('called'), 'utf8')).toMatch(/update\n.*install/);
  });

  test('when apt succeeds without bringing the tools, then that is no success', () => {
    writeScript('apt-get', 'exit 0');
    const { code, text } = runSetup(BUILDS, { root: true });
    expect(code).toBe(1);
    expect(text).toContain('missing: gcc');
  });

  test('what is only of use for lint does not stop it', () => {
    writeScript('apt-get', 'exit 100');
    expect(runSetup('lint').code).toBe(0);
  });
});

describe('a file that no package owns and that a package would write over', () => {
  beforeEach(() => {
    installPackages();
    for (const name of ['cp', 'dirname', 'dpkg-deb', 'gzip', 'realpath', 'rm', 'sh', 'tar']) {
      symlinkSync(onPath(name) ?? name, inside('bin', name));
    }
    writeFileSync(inside('node-of-nobody'), 'Node 20');
  });

  // A Debian package with these files.
  function pack(name: string, files: Record<string, string>): string {
    const tree = inside('trees', name);
    const control = `Package: ${name}\nVersion: 1.0\nArchitecture: all\n`;
    const all = { ...files, '/DEBIAN/control': `${control}Maintainer: t <t@t>\nDescription: t\n` };
    for (const [file, text] of Object.entries(all)) {
      mkdirSync(path.dirname(path.join(tree, file)), { recursive: true });
      writeFileSync(path.join(tree, file), text);
    }
    const archive = inside('trees', `${name}_1.0_all.deb`);
    spawnSync('dpkg-deb', ['-Zgzip', '--build', tree, archive]);
    return archive;
  }

  // An apt-get that would bring the package "nodejs" with whatever it is asked for; it "installs"
  // every command, and emcc with the package emscripten alone.
  function writeApt(): void {
    const nodejs = pack('nodejs', { [inside('node-of-nobody')]: 'Node 18' });
    const emcc = 'import sys; print("emcc", sys.argv[1:])';
    const emscripten = pack('emscripten', { '/usr/share/emscripten/emcc.py': emcc });
    writeScript(
      'apt-get',
      `echo "$*" >> ${inside('called')}
      case "$*" in
        *--simulate*emscripten*) echo 'Inst nodejs (1.0 Debian:12 [all])';;
        *--download-only*) cp ${nodejs} images/apt/;;
        *download*) cp ${emscripten} .;;
        *install*) for name in gcc objdump qemu-i386-static; do
          printf '#!/bin/sh\\n[ "$1" = -m64 ] || echo /usr/bin/env' > bin/$name
          /bin/chmod +x bin/$name; done;;
      esac`,
    );
    writeScript(
      'apt-cache',
      `case "$*" in
        policy*) echo '  Candidate: 3.1.6';;
        *emscripten) printf '  Depends: clang-14\\n  Depends: nodejs\\n  Depends: <python3:any>\\n';;
      esac`,
    );
  }

  test('of Emscripten: it is unpacked by itself, what it needs is installed, the file stays', () => {
    writeApt();
    const { code, text } = runSetup(BUILDS, { root: true });
    expect(text).toMatch(/no package owns .*node-of-nobody, and Debian's nodejs would be written/);
    expect(code).toBe(0);
    const calls = readFileSync(inside('called'), 'utf8').split('\n');
    const installs = calls.filter((line) => / install /.test(line) && !/simulate|-only/.test(line));
    expect(installs).toHaveLength(1);
    expect(installs[0]).toMatch(/ gcc .*clang-14 python3$/);
    expect(installs[0]).not.toMatch(/emscripten|nodejs/);
    expect(readFileSync(inside('node-of-nobody'), 'utf8')).toBe('Node 20');
    expect(existsSync(inside('cache/legacy-llm/emscripten-3.1.6/emcc'))).toBe(true);
    expect(runSetup(BUILDS, { root: true })).toEqual({ code: 0, text: '', out: '' });
  });

  test('of Emscripten, without root: what it needs is named, and then it is unpacked', () => {
    writeApt();
    writeScript('dpkg', 'exit 1'); // no package owns anything
    writeScript('dpkg-query', 'exit 1');
    const inTheWay = existsSync('/usr/bin/node');
    const { code, text } = runSetup('wasm');
    expect(code).toBe(1);
    const named = inTheWay ? 'clang-14 python3' : 'emscripten';
    expect(text).toMatch(new RegExp(`sudo apt-get install --no-install-recommends ${named}\\n`));
    writeScript('dpkg-query', 'printf "install ok installed"');
    expect(runSetup('wasm').code).toBe(inTheWay ? 0 : 1);
  });

  test('of another package: nothing is installed, and the file and the package are named', () => {
    writeApt();
    writeScript(
      'apt-get',
      readFileSync(inside('bin/apt-get'), 'utf8').replace('*emscripten*)', '*)'),
    );
    const { code, text } = runSetup('host i386', { root: true });
    expect(code).toBe(1);
    expect(text).toMatch(
      /would write over .*node-of-nobody, which no package owns\n {2}nodejs brings/,
    );
    expect(readFileSync(inside('called'), 'utf8')).not.toMatch(
      /^(?!.*(simulate|-only)).* install /m,
    );
  });
});

test('an unknown task is wrong usage and lists the tasks', () => {
  const { code, text } = runSetup('brew');
  expect(code).toBe(2);
  expect(text).toContain('node, lint, test');
});

describe('parseAptStatus', () => {
  test.each([
    ['dlstatus:1:42.5:Retrieving file 1 of 3', 'download', 42],
    ['pmstatus:dpkg-exec:16.66:Running dpkg', 'install', 16],
    ['pmstatus:libgcc-s1:i386:50:Unpacking libgcc-s1:i386 (amd64)', 'install', 50],
  ])('%s', (line, phase, percent) => {
    expect(parseAptStatus(line)).toMatchObject({ phase, percent });
  });

  test('other lines are nothing', () => {
    expect(parseAptStatus('media-change: x:y')).toBeUndefined();
  });
});
