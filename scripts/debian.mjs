// Debian packages: installed with apt-get, but never over a file that no package owns. Plain Node, no
// packages.
import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { UserError } from './failures.mjs';
import { rootDir } from './places.mjs';
import { onPath, updateAndInstall } from './requirements.mjs';

const LISTS_DIR = '/var/lib/apt/lists';
const LISTS_MAX_AGE_MS = 7 * 24 * 3600 * 1000;
// Where packages are downloaded to, and looked into, before they are installed.
const ARCHIVES_DIR = path.join(rootDir, 'images/apt');
const DEBIAN_NODE = '/usr/bin/node';
const OWNED_DIR = '/var/lib/dpkg/info';
// Each user's own: root's cannot be written by those who only fetch packages.
const LOG_FILE = path.join(
  rootDir,
  `images/setup${process.getuid?.() ? `-${process.getuid()}` : ''}.log`,
);
const INSTALL = ['install', '-y', '--no-install-recommends'];

/** @typedef {(line: string) => void} Say */

// Installs packages, with the present lists of apt or with new ones; throws where apt fails.
/** @param {readonly string[]} packages @param {Say} say */
export async function aptInstall(packages, say) {
  mkdirSync(path.dirname(LOG_FILE), { recursive: true });
  writeFileSync(LOG_FILE, '');
  await withLists(say, async () => {
    const code = await apt([...INSTALL, ...packages]);
    if (code !== 0) throw aptFailed(packages, code);
  });
  rmSync(ARCHIVES_DIR, { recursive: true, force: true });
}

// Does what needs the lists of packages; where they are old, or it fails, with new ones.
/** @template T @param {Say} say @param {() => Promise<T>} work @returns {Promise<T>} */
async function withLists(say, work) {
  if (listsAreFresh()) {
    try {
      return await work();
    } catch {
      say('apt-get could not do it with its present lists; updating them');
    }
  }
  // A failed update is no verdict: a package list that is there may still do.
  await apt(['update']);
  return work();
}

function listsAreFresh() {
  try {
    const packages = readdirSync(LISTS_DIR).filter((name) => /_Packages(\.\w+)?$/.test(name));
    return packages.length > 0 && Date.now() - statSync(LISTS_DIR).mtimeMs < LISTS_MAX_AGE_MS;
  } catch {
    return false;
  }
}

/** @param {readonly string[]} packages @param {number} code */
function aptFailed(packages, code) {
  const tail = readFileSync(LOG_FILE, 'utf8').trim().split('\n').slice(-12);
  return new UserError(`apt-get failed (exit code ${code}), whole log in ${LOG_FILE}`, {
    hint: [...tail, 'to try it by hand:', updateAndInstall(packages)].join('\n'),
  });
}

/**
 * Runs apt-get with its progress in view; gives its exit code.
 * @param {readonly string[]} args
 * @param {string} [cwd]
 */
async function apt(args, cwd) {
  mkdirSync(path.join(ARCHIVES_DIR, 'partial'), { recursive: true });
  const log = openSync(LOG_FILE, 'a');
  const options = [
    ...['-q', '-o', 'APT::Status-Fd=3', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Dpkg::Use-Pty=0'],
    ...['-o', `Dir::Cache::archives=${ARCHIVES_DIR}`],
    // A configuration file that is there stays as it is.
    ...['-o', 'Dpkg::Options::=--force-confdef', '-o', 'Dpkg::Options::=--force-confold'],
  ];
  const child = spawn('apt-get', [...options, ...args], {
    ...(cwd !== undefined && { cwd }),
    stdio: ['ignore', log, log, 'pipe'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
  });
  const status = /** @type {import('node:stream').Readable} */ (child.stdio[3]);
  const show = progressLine(`apt-get ${args.find((word) => /^[a-z]/.test(word))}`);
  createInterface({ input: status }).on('line', (line) => show.update(parseAptStatus(line)));
  const code = await exitCodeOf(child);
  show.end();
  closeSync(log);
  return code;
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<number>}
 */
export function exitCodeOf(child) {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

// Reads a line of apt's status pipe: "dlstatus:1:42.5:Retrieving file 1 of 3".
/** @param {string} line */
export function parseAptStatus(line) {
  const match = /^(dlstatus|pmstatus):.+?:([\d.]+):(.*)$/.exec(line);
  if (!match) return undefined;
  const phase = match[1] === 'dlstatus' ? 'download' : 'install';
  return { phase, percent: Math.floor(Number(match[2])), detail: match[3] ?? '' };
}

// A redrawn line on a terminal; in a pipe one line at the start of a phase and each quarter of it.
/** @param {string} title */
function progressLine(title) {
  const terminal = process.stderr.isTTY;
  let last = '';
  return {
    /** @param {ReturnType<typeof parseAptStatus>} status */
    update(status) {
      if (!status) return;
      const { phase, percent, detail } = status;
      const shown = terminal ? percent : percent - (percent % 25);
      const text = `setup: ${title}: ${phase} ${shown} %${terminal ? `  ${detail}` : ''}`;
      if (text === last) return;
      last = text;
      const width = (process.stderr.columns ?? 80) - 1;
      process.stderr.write(terminal ? `\r\u001b[2K${text.slice(0, width)}` : `${text}\n`);
    },
    end() {
      if (terminal && last) process.stderr.write('\r\u001b[2K');
    },
  };
}

// ---- what an installation would write over ----

// The files that no package owns and that an installation would write over, each with the package
// that brings it: node, for example, where a Node of nobody's stands in /usr/bin. The packages are
// downloaded for it, which an installation does first anyway.
/**
 * @param {readonly string[]} packages
 * @param {Say} say
 * @returns {Promise<{ file: string, package: string }[]>}
 */
export async function overwrittenBy(packages, say) {
  mkdirSync(path.dirname(LOG_FILE), { recursive: true });
  writeFileSync(LOG_FILE, '');
  return withLists(say, async () => {
    const coming = comingPackages(packages);
    const code = await apt([...INSTALL, '--download-only', ...packages]);
    if (code !== 0) throw aptFailed(packages, code);
    const owned = ownedFiles();
    return coming.flatMap(({ name, archive }) =>
      filesOf(archive)
        .filter((file) => isInTheWay(file) && !owned.has(canonical(file)))
        .map((file) => ({ file, package: name })),
    );
  });
}

/** @param {readonly string[]} packages */
function comingPackages(packages) {
  return parseSimulation(output('apt-get', ['-q', '--simulate', ...INSTALL, ...packages]) ?? '');
}

// What apt says it would install: "Inst nodejs (18.20.4+dfsg-1~deb12u2 Debian:12.11 [amd64])", or
// "Inst gcc [12.1] (12.2 ...)" for an update.
/** @param {string} text */
function parseSimulation(text) {
  const lines = text.matchAll(/^Inst (\S+) (?:\[\S+\] )?\((\S+) .*\[(\w+)\]\)/gm);
  return Array.from(lines, ([, name = '', version = '', architecture]) => ({
    name,
    archive: path.join(
      ARCHIVES_DIR,
      `${name.split(':', 1)[0]}_${version.replace(':', '%3a')}_${architecture}.deb`,
    ),
  }));
}

// The files and links of a package; its configuration files not, which dpkg itself leaves alone.
/** @param {string} archive @returns {string[]} */
function filesOf(archive) {
  const text = output('dpkg-deb', ['--contents', archive]);
  if (text === undefined) throw new UserError(`${archive} is not there, or cannot be read`);
  return text.split('\n').flatMap((line) => {
    const name = /^[-lh]\S+ +\S+ +\S+ \S+ \S+ \.(\/.*?)(?: -> .*| link to .*)?$/.exec(line)?.[1];
    return name === undefined || name.startsWith('/etc/') ? [] : [name];
  });
}

// Whether there is a Node where Debian's would be written, and no package owns it.
export function nodeIsOfNobody() {
  const isOwned = () => output('dpkg', ['-S', DEBIAN_NODE]) !== undefined;
  return isInTheWay(DEBIAN_NODE) && onPath('dpkg') !== undefined && !isOwned();
}

// Those of some packages that are not installed.
/** @param {readonly string[]} packages */
export function notInstalled(packages) {
  const isThere = (/** @type {string} */ name) =>
    output('dpkg-query', ['-W', '-f', '$' + '{Status}', name])?.endsWith(' installed');
  return packages.filter((name) => !isThere(name));
}

/** @param {string} file */
function isInTheWay(file) {
  return lstatSync(file, { throwIfNoEntry: false })?.isDirectory() === false;
}

function ownedFiles() {
  /** @type {Set<string>} */
  const owned = new Set();
  const lists = readdirSync(OWNED_DIR).filter((name) => name.endsWith('.list'));
  for (const list of lists) {
    const files = readFileSync(path.join(OWNED_DIR, list), 'utf8').split('\n');
    for (const file of files) owned.add(canonical(file));
  }
  return owned;
}

// /bin is a link to /usr/bin, and so on: packages name files by either.
/** @param {string} file */
function canonical(file) {
  return file.replace(/^\/usr(?=\/(s?bin|lib\w*)\/)/, '');
}

// ---- packages by themselves ----

// The version that apt would install.
/** @param {string} name @returns {string | undefined} */
export function candidateVersion(name) {
  return /Candidate: (\S+)/.exec(output('apt-cache', ['policy', name]) ?? '')?.[1];
}

// The packages that one depends on, alternatives included.
/** @param {string} name @returns {string[]} */
export function dependenciesOf(name) {
  const quiet = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'];
  const text = output('apt-cache', ['depends', ...quiet.map((kind) => `--no-${kind}`), name]) ?? '';
  const names = Array.from(text.matchAll(/Depends: <?([^\s:>]+)/g), ([, each = '']) => each);
  return [...new Set(names)];
}

// Downloads packages and unpacks their files into a folder; needs no root.
/** @param {readonly string[]} packages @param {string} folder */
export async function unpackPackages(packages, folder) {
  const archives = path.join(folder, 'archives');
  mkdirSync(archives);
  const code = await apt(['--option=APT::Sandbox::User=', 'download', ...packages], archives);
  if (code !== 0) throw aptFailed(packages, code);
  for (const name of readdirSync(archives).filter((each) => each.endsWith('.deb'))) {
    const child = spawn('dpkg-deb', ['-x', path.join(archives, name), folder], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const unpacked = await exitCodeOf(child);
    if (unpacked !== 0)
      throw new UserError(`${name} could not be unpacked (exit code ${unpacked})`);
  }
  return archives;
}

/**
 * What a command prints; undefined where it fails.
 * @param {string} command
 * @param {readonly string[]} args
 */
function output(command, args) {
  const env = { ...process.env, LC_ALL: 'C' };
  const child = spawnSync(command, args, { encoding: 'utf8', env, maxBuffer: 1 << 28 });
  return child.status === 0 ? child.stdout : undefined;
}
