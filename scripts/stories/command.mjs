// What the story commands have in common: one catch, one line for an error, Ctrl-C that leaves
// nothing half written behind.
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { exitCodeOf, userFailure, watchStreams } from '../failures.mjs';

// Whether node was started with this module, also through a symbolic link.
/** @param {string} moduleUrl */
export function isMain(moduleUrl) {
  const started = process.argv[1];
  return started !== undefined && realpathSync(started) === fileURLToPath(moduleUrl);
}

// Runs a command; its errors become one line on stderr and the exit code (2 wrong usage, 1 failed).
/** @param {string} name @param {(args: string[], signal: AbortSignal) => Promise<void>} command */
export async function runCommand(name, command) {
  const stop = new AbortController();
  watchStreams(name);
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  try {
    await command(process.argv.slice(2), stop.signal);
  } catch (error) {
    process.stderr.write(`${name}: ${stop.signal.aborted ? 'stopped' : describe(error)}\n`);
    process.exitCode = exitCode(error, stop.signal);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

/** @param {unknown} error @param {AbortSignal} signal */
function exitCode(error, signal) {
  return signal.aborted ? 130 : exitCodeOf(error);
}

// One line: what is wrong, and what to do.
/** @param {unknown} error @returns {string} */
function describe(error) {
  const known = userFailure(error);
  if (!known) return error instanceof Error ? (error.stack ?? error.message) : String(error);
  const hint = known.hint?.replace(/\.$/, '').replace(/^[A-Z]/, (letter) => letter.toLowerCase());
  return hint ? `${known.message}; ${hint}` : known.message;
}
