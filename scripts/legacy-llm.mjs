#!/usr/bin/env node
// The `legacy-llm` command: sets up what the asked command needs (commands.mjs), then hands over to
// ts/cli.ts. Plain Node, since it may run straight after a clone.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import path from 'node:path';
import { commandRow } from './commands.mjs';
import { rootDir } from './requirements.mjs';
import { setup } from './setup.mjs';

// What a call without a known command needs: the npm packages, to say what there is.
const NO_COMMAND = 'node';

/** @param {string[]} args */
async function main(args) {
  const row = commandRow(args);
  if (row?.plain !== undefined) return runNode([path.join(rootDir, row.plain), ...args.slice(1)]);
  const code = await setup(row?.task ?? NO_COMMAND);
  if (code !== 0) return code;
  const tsx = import.meta.resolve('tsx');
  return runNode(['--import', tsx, path.join(rootDir, 'ts/cli.ts'), ...args]);
}

/**
 * @param {string[]} args
 * @returns {Promise<number>}
 */
function runNode(args) {
  const child = spawn(process.execPath, args, { stdio: 'inherit' });
  // A terminal sends Ctrl-C to the child too; here it must only not end us before the child.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) =>
      resolve(code ?? 128 + constants.signals[signal ?? 'SIGTERM']),
    );
  });
}

process.exitCode = await main(process.argv.slice(2));
