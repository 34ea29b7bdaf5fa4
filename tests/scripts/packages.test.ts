// Whether installed packages are whole, in a throw-away checkout and by a dpkg of our own.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { damagedFile } from '../../scripts/packages.mjs';
import { rootDir } from '../../ts/support/paths.ts';
import { useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();
const inside = (...names: string[]) => path.join(folder(), ...names);

function write(name: string, text: string, mode = 0o644): void {
  mkdirSync(path.dirname(inside(name)), { recursive: true });
  writeFileSync(inside(name), text, { mode });
}

// The files of the one npm package, and an npm that installs them anew where it is started.
const FILES = { 'package.json': '{}', 'lib/index.js': 'exports.one = 1;' };

beforeEach(() => {
  for (const name of readdirSync(path.join(rootDir, 'scripts'))) {
    if (name.endsWith('.mjs')) cpSync(path.join(rootDir, 'scripts', name), inside('scripts', name));
  }
  const lock = JSON.stringify({ packages: { 'node_modules/one': { version: '1.0.0' } } });
  write('package.json', '{}');
  write('package-lock.json', lock);
  write('node_modules/.package-lock.json', lock);
  for (const [name, text] of Object.entries(FILES)) {
    write(`node_modules/one/${name}`, text);
    write(`registry/one/${name}`, text);
  }
  const registry = inside('registry');
  write(
    'bin/npm',
    `#!/bin/sh\n/bin/mkdir -p node_modules && /bin/cp -r ${registry}/. node_modules`,
    0o755,
  );
});

// Runs `npm run doctor` with our npm; nothing of Debian is there.
function doctor() {
  const env = { PATH: inside('bin'), HOME: folder(), LC_ALL: 'C' };
  const args = [inside('scripts/doctor.mjs')];
  return spawnSync(process.execPath, args, { encoding: 'utf8', env, cwd: folder() }).stdout;
}

describe('npm packages', () => {
  test('that are whole: nothing is said of them', () => {
    expect(doctor()).not.toMatch(/DAMAGED|Not looked into/);
  });

  test.each<[string, () => void, string]>([
    [
      'missing',
      () => rmSync(inside('node_modules/one/lib/index.js')),
      'one/lib/index.js is missing',
    ],
    ['changed', () => write('node_modules/one/lib/index.js', 'ex'), 'one/lib/index.js has changed'],
  ])('of which a file is %s: it is named, with what mends it', (_what, damage, words) => {
    damage();
    const said = doctor();
    expect(said).toContain(`DAMAGED:\n  node_modules/${words}\nTo mend it:\n  npm ci`);
    expect(doctor()).toBe(said);
  });

  test('that npm cannot bring again: it is said that they were not looked into', () => {
    write('bin/npm', '#!/bin/sh\nexit 1', 0o755);
    expect(doctor()).toContain('Not looked into: the npm packages');
  });
});

describe('a line of dpkg --verify', () => {
  test.each([
    ['??5??????   /usr/include/gelf.h', '/usr/include/gelf.h'],
    ['missing     /usr/bin/flex', '/usr/bin/flex'],
    ['missing     /usr/bin/bc (Permission denied)', '/usr/bin/bc'],
    ['??5?????? c /etc/emscripten', undefined],
    ['missing   c /etc/x', undefined],
    ['missing     /usr/share/doc/flex/copyright', undefined],
    ['', undefined],
  ])('%s', (line, file) => {
    expect(damagedFile(line)).toBe(file);
  });
});

test('a file that is missing of a Debian package is named with the package and what mends it', () => {
  const script = (name: string, lines: string) =>
    write(`bin/${name}`, `#!/bin/sh\n${lines}\n`, 0o755);
  script('gcc', '[ "$1" = --version ] && echo gcc 12');
  script(
    'dpkg-query',
    "printf 'ii \\tgcc\\tcpp (>= 12), libc6 | other,\\nii \\tcpp\\t,\\nrc \\tlibc6\\t,\\n'",
  );
  script(
    'dpkg',
    `case "$1" in
      --verify) echo "$*" > ${inside('verified')}; echo 'missing     /usr/bin/cpp';;
      -S) echo "cpp: $2";;
    esac`,
  );
  expect(doctor()).toMatch(
    /DAMAGED:\n {2}\/usr\/bin\/cpp of cpp is missing\nTo mend it:\n {2}(sudo )?apt-get install --no-install-recommends --reinstall cpp/,
  );
});
