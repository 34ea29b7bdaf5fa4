// `node scripts/setup.mjs WORD...`: installs what tasks or groups of requirements.mjs need: the npm
// packages of package-lock.json, then the Debian packages of the rows. Plain Node, since it runs
// straight after a clone. Silent when nothing is missing; where it may not install, it says exactly
// what to install.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { endingWithUs } from './child.mjs';
import { aptInstall, exitCodeOf, nodeIsOfNobody, notInstalled, overwrittenBy } from './debian.mjs';
import { emscriptenParts, unpackedEmcc } from './emscripten.mjs';
import {
  describeError,
  exitCodeOf as exitCodeOfError,
  UserError,
  watchStreams,
} from './failures.mjs';
import { withLock } from './lock.mjs';
import { fingerprintNpm, NPM_CI } from './packages.mjs';
import {
  EMSCRIPTEN,
  groupsOf,
  installCommand,
  npmPackagesCurrent,
  onPath,
  requirementsOf,
  rootDir,
  tasks,
  updateAndInstall,
} from './requirements.mjs';

const NODE_MAJOR = 20;
const LOCK_FILE = path.join(rootDir, 'images/locks/setup.lock');

/**
 * @typedef {import('./requirements.mjs').Group} Group
 * @typedef {import('./requirements.mjs').Requirement} Requirement
 */

// Installs what the groups need; throws a UserError where it cannot.
/** @param {readonly Group[]} groups @param {AbortSignal} [signal]  ends the waiting for another setup */
export async function setUp(groups, signal) {
  if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR) {
    throw new UserError(`Node ${NODE_MAJOR} or newer is needed; this is ${process.version}`, {
      hint: 'See https://nodejs.org',
    });
  }
  if (npmPackagesCurrent() && missingOf(groups).length === 0) return;
  const work = async () => {
    await setUpNpm();
    await setUpDebian(groups);
  };
  const wait = () => say('another setup is running in this checkout; waiting for it');
  await withLock(LOCK_FILE, work, wait, signal);
}

async function setUpNpm() {
  if (npmPackagesCurrent()) return;
  say('installing the npm packages of package-lock.json');
  const code = await npmCi();
  if (code !== 0) {
    throw new UserError(`npm ci failed (exit code ${code})`, {
      hint: 'Fix what it says above, and run this again.',
      exitCode: code,
    });
  }
  await fingerprintNpm();
}

/** @returns {Promise<number>} */
function npmCi() {
  const cli = process.env.npm_execpath;
  const isNpm = cli !== undefined && path.basename(cli) === 'npm-cli.js';
  const [command, before] = isNpm ? [process.execPath, [cli]] : ['npm', []];
  const quiet = process.stderr.isTTY ? [] : ['--loglevel=error'];
  const words = [...endingWithUs('TERM'), command, ...before, ...NPM_CI, ...quiet];
  const [file = '', ...args] = words;
  return exitCodeOf(spawn(file, args, { cwd: rootDir, stdio: ['ignore', 2, 2] }));
}

/** @param {readonly Group[]} groups */
async function setUpDebian(groups) {
  const missing = missingOf(groups);
  if (missing.length === 0) return;
  const packages = [...new Set(missing.flatMap((row) => row.debian))];
  const needed = missing.filter((row) => !row.optional);
  if (process.getuid?.() !== 0 || !onPath('apt-get')) {
    return setUpWithoutRoot(groups, needed, packages);
  }
  say(`installing from Debian: ${packages.join(' ')}`);
  try {
    await installBeside(packages);
  } catch (error) {
    if (needed.length > 0) throw error;
  }
  const still = missingOf(groups).filter((row) => !row.optional);
  if (still.length > 0) throw toInstall(still, packages);
}

// Names what root is to install. Where Debian's Emscripten would write over a Node of nobody's, that
// is what Emscripten needs beside it: unpacking it by itself needs no root.
/** @param {readonly Group[]} groups @param {readonly Requirement[]} needed @param {readonly string[]} packages */
async function setUpWithoutRoot(groups, needed, packages) {
  const apart = packages.includes(EMSCRIPTEN) && onPath('apt-get') && nodeIsOfNobody();
  if (!apart) {
    if (needed.length > 0) throw toInstall(needed, packages);
    return;
  }
  const others = packages.filter((name) => name !== EMSCRIPTEN);
  const missing = [...others, ...notInstalled(emscriptenParts().beside)];
  if (missing.length > 0) throw toInstall(needed, missing);
  await unpackedEmcc(say);
  const still = missingOf(groups).filter((row) => !row.optional);
  if (still.length > 0) throw toInstall(still, packages);
}

// Installs packages, and over nothing that is not theirs.
/** @param {readonly string[]} packages */
async function installBeside(packages) {
  const inTheWay = await overwrittenBy(packages, say);
  const [first] = inTheWay;
  if (first === undefined) return aptInstall(packages, say);
  const files = `${first.file}${inTheWay.length > 1 ? ` and ${inTheWay.length - 1} more` : ''}`;
  if (packages.includes(EMSCRIPTEN)) {
    say(`no package owns ${files}, and Debian's ${first.package} would be written over it;`);
    say('so Emscripten is unpacked by itself into the cache (900 MB while it is unpacked)');
    const others = packages.filter((name) => name !== EMSCRIPTEN);
    await installBeside([...others, ...emscriptenParts().beside]);
    await unpackedEmcc(say);
    return;
  }
  throw new UserError(`apt-get would write over ${files}, which no package owns`, {
    hint: `${first.package} brings it. Move it away, then run this again; or, as it is:\n${installCommand(packages)}`,
  });
}

/** @param {readonly Group[]} groups */
function missingOf(groups) {
  return requirementsOf(groups).filter((row) => row.find() === undefined);
}

/** @param {readonly Requirement[]} missing @param {readonly string[]} packages */
function toInstall(missing, packages) {
  const what = `missing: ${missing.map((row) => `${row.name} (${row.purpose})`).join('; ')}`;
  if (onPath('apt-get')) {
    const hint = `install as root, then run this again:\n${updateAndInstall(packages)}`;
    return new UserError(what, { hint });
  }
  const rows = missing.map((row) => `${row.name}: ${row.elsewhere ?? 'your package manager'}`);
  const hint = `this is no Debian system, so install these by hand:\n${rows.join('\n')}`;
  return new UserError(what, { hint });
}

/** @param {string} text */
function say(text) {
  process.stderr.write(`setup: ${text}\n`);
}

// The command line: words of `tasks`, or groups.
/** @param {readonly string[]} words */
async function main(words) {
  const groups = (words.length > 0 ? words : ['']).map((word) => {
    const known = groupsOf(word);
    if (known) return known;
    throw new UserError(`unknown task "${word}"; one of: ${Object.keys(tasks).join(', ')}`, {
      exitCode: 2,
    });
  });
  await setUp(groups.flat());
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  watchStreams('setup');
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${describeError(error, 'setup')}\n`);
    process.exitCode = exitCodeOfError(error);
  }
}
