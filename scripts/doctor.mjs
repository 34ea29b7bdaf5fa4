// `npm run doctor`: every tool and package that the project needs, found or missing, what for, and
// how to get it. Plain Node, so that it works before the npm packages are there.
import { pathToFileURL } from 'node:url';
import { howToGet, installCommand, npmPackagesCurrent, requirements } from './requirements.mjs';

/**
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
        howToGet: howToGet(row),
        debian: row.debian,
      };
    }),
  ];
}

// The report for people.
/** @param {readonly Finding[]} findings */
export function report(findings) {
  const width = Math.max(...findings.map((finding) => finding.name.length));
  const lines = findings.flatMap((finding) => {
    const state = finding.found ? 'ok     ' : finding.optional ? 'absent ' : 'MISSING';
    const head = `${state}  ${finding.name.padEnd(width)}  ${finding.purpose}`;
    return finding.found
      ? [`${head}: ${finding.found}`]
      : [head, `${' '.repeat(width + 11)}${finding.howToGet}`];
  });
  const missing = findings.filter((finding) => !finding.found && !finding.optional);
  const names = missing.map((finding) => finding.name).join(', ');
  const verdict = missing.length === 0 ? 'Nothing is missing.' : `Missing: ${names}.`;
  const packages = [...new Set(missing.flatMap((finding) => finding.debian ?? []))];
  const all = packages.length > 0 ? [`On Debian, all of them: ${installCommand(packages)}`] : [];
  return { text: [...lines, '', verdict, ...all].join('\n'), healthy: missing.length === 0 };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { text, healthy } = report(examine());
  console.log(text);
  process.exitCode = healthy ? 0 : 1;
}
