// `npm run doctor`: every tool and package that the project needs, found, damaged or missing, what
// for, and how to get it. Plain Node, so that it works before the npm packages are there.
import { pathToFileURL } from 'node:url';
import { nodeIsOfNobody } from './debian.mjs';
import { describeError, exitCodeOf, UserError, watchStreams } from './failures.mjs';
import { debianDamage, npmDamage } from './packages.mjs';
import {
  EMSCRIPTEN,
  howToGet,
  installCommand,
  npmPackagesCurrent,
  requirements,
} from './requirements.mjs';

/**
 * @typedef {import('./packages.mjs').Damage} Damage
 *
 * @typedef {object} Finding
 * @property {string} name
 * @property {string} purpose
 * @property {string | undefined} found   version or place; undefined when missing
 * @property {boolean} optional
 * @property {string} howToGet
 * @property {readonly string[]} [debian]  the Debian packages that bring it
 */

// Looks at this machine.
/** @returns {Finding[]} */
export function examine() {
  const npm = npmPackagesCurrent();
  return [
    {
      name: 'Node',
      purpose: 'runs the driver',
      found: Number(process.versions.node.split('.')[0]) >= 20 ? process.version : undefined,
      optional: false,
      howToGet: 'install Node 20 or newer, see https://nodejs.org',
    },
    {
      name: 'npm packages',
      purpose: 'the driver, its emulator and its tests',
      found: npm ? 'as in package-lock.json' : undefined,
      optional: false,
      howToGet: 'npm ci (npm test, npm run emu:train and npm run build:all do it by themselves)',
    },
    ...requirements.map((row) => {
      const place = row.find();
      return {
        name: row.name,
        purpose: row.purpose,
        found: place === undefined ? undefined : (row.version?.() ?? place),
        optional: row.optional ?? false,
        howToGet: inOtherWay(row) ?? howToGet(row),
        debian: inOtherWay(row) === undefined ? row.debian : [],
      };
    }),
  ];
}

// How to get Emscripten where Debian's would bring its Node over one of nobody's.
/** @param {import('./requirements.mjs').Requirement} row */
function inOtherWay(row) {
  if (!row.debian.includes(EMSCRIPTEN) || row.find() !== undefined || !nodeIsOfNobody())
    return undefined;
  return (
    'node scripts/setup.mjs wasm (not with apt-get: Debian would write its own Node over ' +
    '/usr/bin/node, which no package owns)'
  );
}

// Looks into what is installed: files that are missing or changed; and what could not be looked into.
/** @param {readonly Finding[]} findings */
async function inspect(findings) {
  const there = findings.filter(({ found }) => found !== undefined);
  const npm = there.some(({ name }) => name === 'npm packages') ? await npmDamage() : [];
  const debian = debianDamage([...new Set(there.flatMap(({ debian }) => debian ?? []))]);
  const unknown =
    npm === undefined ? ['the npm packages (npm could not bring others to compare)'] : [];
  return { damage: [...(npm ?? []), ...debian], unknown };
}

// The report for people.
/** @param {readonly Finding[]} findings @param {Partial<Awaited<ReturnType<typeof inspect>>>} [more] */
export function report(findings, { damage = [], unknown = [] } = {}) {
  const width = Math.max(...findings.map((finding) => finding.name.length));
  const lines = findings.flatMap((finding) => {
    const state = finding.found ? 'ok     ' : finding.optional ? 'absent ' : 'MISSING';
    const head = `${state}  ${finding.name.padEnd(width)}  ${finding.purpose}`;
    return finding.found
      ? [`${head}: ${finding.found}`]
      : [head, `${' '.repeat(width + 11)}${finding.howToGet}`];
  });
  const missing = findings.filter((finding) => !finding.found && !finding.optional);
  const text = [
    ...lines,
    '',
    ...missingLines(missing),
    ...damageLines(damage),
    ...unknown.map((what) => `Not looked into: ${what}.`),
  ];
  return { text: text.join('\n'), healthy: missing.length + damage.length === 0 };
}

/** @param {readonly Finding[]} missing */
function missingLines(missing) {
  if (missing.length === 0) return ['Nothing is missing.'];
  const packages = [...new Set(missing.flatMap((finding) => finding.debian ?? []))];
  const all = packages.length > 0 ? [`On Debian, all of them: ${installCommand(packages)}`] : [];
  return [`Missing: ${missing.map((finding) => finding.name).join(', ')}.`, ...all];
}

const MOST_FILES = 10;

/** @param {readonly Damage[]} damage */
function damageLines(damage) {
  if (damage.length === 0) return [];
  const files = damage.slice(0, MOST_FILES).map(({ text }) => `  ${text}`);
  const more = damage.length > MOST_FILES ? [`  and ${damage.length - MOST_FILES} more`] : [];
  const mends = [...new Set(damage.map(({ mend }) => mend))].map((mend) => `  ${mend}`);
  return ['DAMAGED:', ...files, ...more, 'To mend it:', ...mends];
}

// All of it: what the command prints, and whether all is well.
export async function diagnose() {
  const findings = examine();
  return report(findings, await inspect(findings));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  watchStreams('doctor');
  try {
    const [word] = process.argv.slice(2);
    if (word === '--help' || word === '-h') {
      console.log(
        'npm run doctor: lists every tool and package that is needed, and what is damaged',
      );
      process.exit();
    }
    if (word !== undefined) throw new UserError(`doctor takes no "${word}"`, { exitCode: 2 });
    const { text, healthy } = await diagnose();
    console.log(text);
    process.exitCode = healthy ? 0 : 1;
  } catch (error) {
    console.error(describeError(error, 'doctor'));
    process.exitCode = exitCodeOf(error);
  }
}
