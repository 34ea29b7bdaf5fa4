// SHA-256 of the files of a folder, as text that `sha256sum -c` reads, too. Plain Node, no packages.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from './failures.mjs';

/**
 * @typedef {object} Fault
 * @property {string} name  of the file, in the folder
 * @property {string} what  "is missing"
 */

/** @param {number} count @param {string} about */
function heading(count, about) {
  return `# SHA-256 of ${count} files${about}`;
}

// The sums of the ordinary files of a folder; without those that the filter leaves out. The first
// line says how many there are, and what else is given of them.
/** @param {string} folder @param {(name: string) => boolean} [isMeant] @param {string} [about] */
export async function sumsOf(folder, isMeant = () => true, about = '') {
  const names = (await filesOf(folder)).filter(isMeant);
  const lines = [heading(names.length, about)];
  for (const name of names) lines.push(`${await sha256(path.join(folder, name))}  ${name}`);
  return `${lines.join('\n')}\n`;
}

// The files of a folder that are not as their sums say; undefined where the sums themselves are
// damaged, or are those of something else.
/** @param {string} folder @param {string} text @param {string} [about] */
export async function faultsOf(folder, text, about = '') {
  const [head = '', ...lines] = text.split('\n').filter(Boolean);
  if (head !== heading(lines.length, about)) return undefined;
  /** @type {Fault[]} */
  const faults = [];
  for (const line of lines) {
    const [, sum, name = ''] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
    if (sum === undefined) return undefined;
    const now = await sha256(path.join(folder, name)).catch((error) => errorCode(error) ?? 'error');
    if (now === sum) continue;
    const changed = /^[0-9a-f]{64}$/.test(now) ? 'has changed' : `cannot be read (${now})`;
    faults.push({ name, what: now === 'ENOENT' ? 'is missing' : changed });
  }
  return faults;
}

// The ordinary files of a folder and of those in it.
/** @param {string} folder @returns {Promise<string[]>} */
export async function filesOf(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
}

/** @param {string} file */
async function sha256(file) {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}
