// Whether the packages that are installed are whole: those of npm against what `npm ci` brings, those
// of Debian against the sums that dpkg keeps. Plain Node, no packages.

import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { endingWithUs } from './child.mjs';
import { exitCodeOf } from './debian.mjs';
import { writeOutput } from './output.mjs';
import { ownedName, sweep } from './owner.mjs';
import { installCommand, rootDir } from './requirements.mjs';
import { faultsOf, sumsOf } from './sums.mjs';

/**
 * @typedef {object} Damage
 * @property {string} text    what is damaged
 * @property {string} mend    the command that mends it
 */

// ---- npm ----

const SUMS_FILE = path.join(rootDir, 'images', 'npm.sha256');
export const NPM_CI = ['ci', '--no-audit', '--no-fund', '--include=dev', '--ignore-scripts'];

// Not what tools keep there for themselves.
/** @param {string} name */
function isOfPackage(name) {
  return !name.startsWith('.');
}

/** @param {string} root */
function about(root) {
  const lock = readFileSync(path.join(root, 'package-lock.json'));
  return ` of package-lock.json ${createHash('sha256').update(lock).digest('hex')}`;
}

// Keeps the sums of npm packages that were installed this very moment.
/** @param {string} [root] where they are installed */
export async function fingerprintNpm(root = rootDir) {
  const modules = path.join(root, 'node_modules');
  if (!existsSync(modules)) return;
  const text = await sumsOf(modules, isOfPackage, about(rootDir));
  await writeOutput(SUMS_FILE, (handle) => handle.writeFile(text));
}

// The damaged files of npm packages; undefined where there is nothing to compare them with.
/** @returns {Promise<Damage[] | undefined>} */
export async function npmDamage() {
  const faults = (await npmFaults()) ?? ((await installAside()) ? await npmFaults() : undefined);
  return faults?.map(({ name, what }) => ({
    text: `node_modules/${name} ${what}`,
    mend: 'npm ci',
  }));
}

async function npmFaults() {
  const text = await readFile(SUMS_FILE, 'utf8').catch(() => '');
  return faultsOf(path.join(rootDir, 'node_modules'), text, about(rootDir));
}

const ASIDE = 'legacy-llm-npm';

// The same packages again in a folder of their own, to have their sums: for packages that were
// installed by hand. False where npm cannot bring them.
async function installAside() {
  await sweep(tmpdir(), ASIDE);
  const folder = ownedName(path.join(tmpdir(), ASIDE));
  mkdirSync(folder, { mode: 0o700 });
  try {
    for (const name of ['package.json', 'package-lock.json']) {
      cpSync(path.join(rootDir, name), path.join(folder, name));
    }
    const args = [...NPM_CI, '--prefer-offline', '--loglevel=silent'];
    const [file = '', ...words] = [...endingWithUs('TERM'), 'npm', ...args];
    const child = spawn(file, words, { cwd: folder, stdio: 'ignore' });
    if ((await exitCodeOf(child).catch(() => 127)) !== 0) return false;
    await fingerprintNpm(folder);
    return true;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// ---- Debian ----

// What containers leave out, and programs do not need.
const UNNEEDED = /^\/usr\/share\/(doc|man|info|locale|lintian)\//;
// The Node that runs this is its user's own affair.
const NODE = 'nodejs';

// The damaged files of Debian packages and of all that they depend on.
/** @param {readonly string[]} packages @returns {Damage[]} */
export function debianDamage(packages) {
  const names = closureOf(packages).filter((name) => name !== NODE);
  if (names.length === 0) return [];
  const { stdout = '' } = spawnSync('dpkg', ['--verify', ...names], { encoding: 'utf8' });
  return (stdout ?? '').split('\n').flatMap((line) => {
    const file = damagedFile(line);
    if (file === undefined) return [];
    const what = line.startsWith('missing') ? 'is missing' : 'has changed';
    const name = ownerOf(file);
    const mend = installCommand(name === undefined ? packages : [name], ['--reinstall']);
    return [{ text: `${file}${name === undefined ? '' : ` of ${name}`} ${what}`, mend }];
  });
}

// The file of a line of `dpkg --verify`: "??5?????? c /etc/x" is of a configuration file, which may
// be changed, "missing     /usr/include/x" of another.
/** @param {string} line @returns {string | undefined} */
export function damagedFile(line) {
  const [, kind, file] = /^(?:missing|[?.5]{9})\s+(?:(c)\s+)?(\/.*?)(?: \(.*\))?$/.exec(line) ?? [];
  return file === undefined || kind === 'c' || UNNEEDED.test(file) ? undefined : file;
}

/** @param {string} file */
function ownerOf(file) {
  const { status, stdout } = spawnSync('dpkg', ['-S', file], { encoding: 'utf8' });
  return status === 0 ? stdout.split(/[:,]/, 1)[0] : undefined;
}

// The installed packages among these and all that they depend on.
/** @param {readonly string[]} packages */
function closureOf(packages) {
  const installed = installedPackages();
  const closure = new Set(packages.filter((name) => installed.has(name)));
  for (const name of closure) {
    for (const needed of installed.get(name) ?? []) if (installed.has(needed)) closure.add(needed);
  }
  return [...closure];
}

// Each installed package with the names that it depends on.
function installedPackages() {
  const format = '$' + '{db:Status-Abbrev}\t$' + '{Package}\t$' + '{Depends},$' + '{Pre-Depends}\n';
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f', format], { encoding: 'utf8' });
  /** @type {Map<string, string[]>} */
  const packages = new Map();
  for (const line of (stdout ?? '').split('\n')) {
    const [state = '', name = '', depends = ''] = line.split('\t');
    if (!state.startsWith('ii')) continue;
    const needed = depends.split(/[,|]/).map((each) => each.trim().split(/[ :(]/, 1)[0] ?? '');
    packages.set(name, needed.filter(Boolean));
  }
  return packages;
}
