// `node scripts/setup.mjs <task>`: installs what a task needs before it runs: the npm packages of
// package-lock.json, then the Debian packages of the rows in requirements.mjs. Plain Node, since it
// runs straight after a clone. Silent when nothing is missing; where it may not install, it says
// exactly what to install.
import { spawn } from 'node:child_process';
import {
  createWriteStream,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import {
  installCommand,
  npmPackagesCurrent,
  onPath,
  requirementsOf,
  rootDir,
  tasks,
} from './requirements.mjs';

const NODE_MAJOR = 20;
const LISTS_DIR = '/var/lib/apt/lists';
const LISTS_MAX_AGE_MS = 7 * 24 * 3600 * 1000;
const LOG_FILE = path.join(rootDir, 'images/setup.log');
const LOCK_FILE = path.join(rootDir, 'images/setup.lock');

// Installs what the task needs; gives the exit code.
/** @param {string | undefined} task */
export async function setup(task) {
  if (task === undefined || !(task in tasks)) {
    say(`unknown task "${task ?? ''}"; one of: ${Object.keys(tasks).join(', ')}`);
    return 2;
  }
  if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR) {
    say(
      `Node ${NODE_MAJOR} or newer is needed; this is ${process.version}. See https://nodejs.org`,
    );
    return 1;
  }
  if (npmPackagesCurrent() && missingOf(task).length === 0) return 0;
  return withLock(async () => (await setUpNpm()) || (await setUpDebian(task)));
}

async function setUpNpm() {
  if (npmPackagesCurrent()) return 0;
  say('installing the npm packages of package-lock.json');
  const code = await npmCi();
  if (code !== 0) say(`npm ci failed (exit code ${code}); fix what it says above and run it again`);
  return code;
}

/** @returns {Promise<number>} */
function npmCi() {
  const cli = process.env.npm_execpath;
  const isNpm = cli !== undefined && path.basename(cli) === 'npm-cli.js';
  const [command, before] = isNpm ? [process.execPath, [cli]] : ['npm', []];
  const quiet = process.stderr.isTTY ? [] : ['--loglevel=error'];
  const args = [
    ...before,
    'ci',
    '--no-audit',
    '--no-fund',
    '--include=dev',
    '--ignore-scripts',
    ...quiet,
  ];
  const child = spawn(command, args, { cwd: rootDir, stdio: ['ignore', 2, 2] });
  return exitCodeOf(child);
}

/** @param {string} task */
async function setUpDebian(task) {
  const missing = missingOf(task);
  if (missing.length === 0) return 0;
  const packages = [...new Set(missing.flatMap((row) => row.debian))];
  const needed = missing.filter((row) => !row.optional);
  if (process.getuid?.() !== 0 || !onPath('apt-get')) {
    sayWhatToInstall(needed, packages);
    return needed.length > 0 ? 1 : 0;
  }
  say(`installing from Debian: ${packages.join(' ')}`);
  const code = await aptInstall(packages);
  if (code !== 0) sayAptFailed(packages, code);
  const still = missingOf(task).filter((row) => !row.optional);
  if (still.length === 0) return 0;
  if (code === 0) sayWhatToInstall(still, packages);
  return 1;
}

/** @param {string} task */
function missingOf(task) {
  return requirementsOf(task).filter((row) => row.find() === undefined);
}

/**
 * @param {import('./requirements.mjs').Requirement[]} missing
 * @param {string[]} packages
 */
function sayWhatToInstall(missing, packages) {
  if (missing.length === 0) return;
  say(`missing: ${missing.map((row) => `${row.name} (${row.purpose})`).join('; ')}`);
  if (onPath('apt-get')) {
    say(`install as root, then run this again:\n  ${installCommand(packages)}`);
    return;
  }
  const rows = missing.map((row) => `  ${row.name}: ${row.elsewhere ?? 'your package manager'}`);
  say(`this is no Debian system, so install these by hand:\n${rows.join('\n')}`);
}

/**
 * @param {string[]} packages
 * @param {number} code
 */
function sayAptFailed(packages, code) {
  const tail = readFileSync(LOG_FILE, 'utf8').trim().split('\n').slice(-12).join('\n  ');
  say(`apt-get failed (exit code ${code}), whole log in ${LOG_FILE}:\n  ${tail}`);
  say(`to try it by hand:\n  apt-get update && ${installCommand(packages)}`);
}

/** @param {string[]} packages */
async function aptInstall(packages) {
  mkdirSync(path.dirname(LOG_FILE), { recursive: true });
  writeFileSync(LOG_FILE, '');
  const install = ['install', '-y', '--no-install-recommends', ...packages];
  if (listsAreFresh()) {
    const code = await apt(install);
    if (code === 0) return 0;
    say('apt-get could not install with its present lists; updating them');
  }
  // A failed update is no verdict: a package list that is there may still do.
  await apt(['update']);
  return apt(install);
}

function listsAreFresh() {
  try {
    const packages = readdirSync(LISTS_DIR).filter((name) => /_Packages(\.\w+)?$/.test(name));
    return packages.length > 0 && Date.now() - statSync(LISTS_DIR).mtimeMs < LISTS_MAX_AGE_MS;
  } catch {
    return false;
  }
}

/** @param {string[]} args */
async function apt(args) {
  const log = createWriteStream(LOG_FILE, { flags: 'a' });
  const options = ['-q', '-o', 'APT::Status-Fd=3', '-o', 'DPkg::Lock::Timeout=300'];
  const child = spawn('apt-get', [...options, '-o', 'Dpkg::Use-Pty=0', ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
  });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  const status = /** @type {import('node:stream').Readable} */ (child.stdio[3]);
  const show = progressLine(`apt-get ${args[0]}`);
  createInterface({ input: status }).on('line', (line) => show.update(parseAptStatus(line)));
  const code = await exitCodeOf(child);
  show.end();
  await new Promise((resolve) => log.end(resolve));
  return code;
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

/**
 * Runs the work while no other setup of this checkout runs.
 * @param {() => Promise<number>} work
 */
async function withLock(work) {
  mkdirSync(path.dirname(LOCK_FILE), { recursive: true });
  for (let told = false; !tryLock(); told = true) {
    if (!told) say('another setup is running in this checkout; waiting for it');
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  const unlock = () => rmSync(LOCK_FILE, { force: true });
  process.once('exit', unlock);
  try {
    return await work();
  } finally {
    unlock();
  }
}

function tryLock() {
  try {
    writeFileSync(LOCK_FILE, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    if (!lockOwnerRuns()) rmSync(LOCK_FILE, { force: true });
    return false;
  }
}

function lockOwnerRuns() {
  try {
    const owner = Number(readFileSync(LOCK_FILE, 'utf8'));
    // An empty file is a lock that is being written this very moment.
    if (owner === 0) return Date.now() - statSync(LOCK_FILE).mtimeMs < 5000;
    process.kill(owner, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<number>}
 */
function exitCodeOf(child) {
  return new Promise((resolve) => {
    child.on('error', (error) => {
      say(error.message);
      resolve(127);
    });
    child.on('close', (code) => resolve(code ?? 1));
  });
}

/** @param {string} text */
function say(text) {
  process.stderr.write(`setup: ${text}\n`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.exitCode = await setup(process.argv[2]);
}
