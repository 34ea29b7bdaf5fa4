#!/usr/bin/env node
// The `legacy-llm` command: sets up what the asked command needs, then hands over to ts/cli.ts.
// Plain Node, since it may run straight after a clone.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import path from 'node:path';
import { rootDir, tasks } from './requirements.mjs';
import { setup } from './setup.mjs';

/** @type {Readonly<Record<string, string>>} */
const taskOfCommand = {
  build: 'build',
  'emu-train': 'emu',
  parity: 'parity',
  experiments: 'experiments',
  report: 'report',
};

/** @param {string[]} args */
async function main(args) {
  const asksForHelp = args.some((word) => word === '--help' || word === '-h');
  const task = (!asksForHelp && taskOfCommand[args[0] ?? '']) || 'node';
  const code = await setup(task in tasks ? task : 'node');
  if (code !== 0) return code;
  return runCli(args);
}

/**
 * @param {string[]} args
 * @returns {Promise<number>}
 */
function runCli(args) {
  const tsx = import.meta.resolve('tsx');
  const cli = path.join(rootDir, 'ts/cli.ts');
  const child = spawn(process.execPath, ['--import', tsx, cli, ...args], { stdio: 'inherit' });
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
