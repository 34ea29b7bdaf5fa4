#!/usr/bin/env node
// The `legacy-llm` command: sets up the npm packages, then hands over to ts/cli.ts, compiled, which sets
// up what the arguments need. Plain Node, since it may run straight after a clone.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { commandRow, commands } from './commands.mjs';
import { compiledFile, compiledFolder } from './compile.mjs';
import { describeError, exitCodeOf, UserError, watchStreams } from './failures.mjs';
import { rootDir } from './requirements.mjs';
import { setUp } from './setup.mjs';

/**
 * @typedef {object} Driver  what ts/cli.ts exports
 * @property {(args: readonly string[], folder: string) => Promise<number>} start  gives the exit code
 * @property {() => void} unread  to be called when nobody reads standard output any more
 */

/** @type {Driver | undefined} */
let driver;

/** @param {string[]} args @returns {Promise<number>} */
async function main(args) {
  const [word = '', ...rest] = args;
  const row = commandRow(word);
  const isCommand = row !== undefined || word === 'help' || word === '' || word.startsWith('-');
  if (!isCommand) throw unknownCommand(word);
  if (row?.plain !== undefined) return runNode([path.join(rootDir, row.plain), ...rest]);
  await setUp([]);
  const folder = await compiledFolder();
  const cli = compiledFile(folder, path.join(rootDir, 'ts/cli.ts'));
  const loaded = /** @type {Driver} */ (await import(pathToFileURL(cli).href));
  driver = loaded;
  return loaded.start(args, folder);
}

/** @param {string} word */
function unknownCommand(word) {
  const names = commands.map(({ name }) => name).join(', ');
  return new UserError(`unknown command '${word}'`, { hint: `One of: ${names}`, exitCode: 2 });
}

/**
 * @param {string[]} args
 * @returns {Promise<number>}
 */
function runNode(args) {
  const child = spawn(process.execPath, args, { stdio: 'inherit' });
  // A terminal sends Ctrl-C to the child too; here it must only not end us before the child.
  process.on('SIGINT', () => {});
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => child.kill(signal));
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) =>
      resolve(code ?? 128 + constants.signals[signal ?? 'SIGTERM']),
    );
  });
}

watchStreams('legacy-llm', { closed: () => driver?.unread() });
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`);
  process.exitCode = exitCodeOf(error);
}
