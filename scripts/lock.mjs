// A lock between processes. The command flock holds it, and ends with this process, however that
// ends; where a system has no flock, nobody waits. The lock file stays.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from './failures.mjs';
import { onPath } from './requirements.mjs';

// The exit code of flock where another process has the lock.
const HELD = 75;

/**
 * Does work while no other process does any under the same lock file.
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} work
 * @param {() => void} [onWait]  called once, when another process has it
 * @param {AbortSignal} [signal]  ends the waiting
 * @returns {Promise<T>}
 */
export async function withLock(file, work, onWait, signal) {
  if (!onPath('flock')) return work();
  await mkdir(path.dirname(file), { recursive: true });
  let holder = await hold(['--nonblock', file], signal);
  if (!holder) {
    onWait?.();
    signal?.throwIfAborted();
    holder = await hold([file], signal);
  }
  try {
    signal?.throwIfAborted();
    return await work();
  } finally {
    if (holder) await release(holder);
  }
}

/**
 * Takes a lock if no other process has it; gives what lets it go again.
 * @param {string} file  in a folder that is there
 * @returns {Promise<{ release: () => Promise<unknown> } | undefined>}
 */
export async function tryLock(file) {
  if (!onPath('flock')) return { release: async () => {} };
  const holder = await hold(['--nonblock', file]);
  return holder && { release: () => release(holder) };
}

/** @param {{ stdin: import('node:stream').Writable, ended: Promise<unknown> }} holder */
function release({ stdin, ended }) {
  stdin.end();
  return ended;
}

// Starts a process that has the lock until its input ends; undefined where it does not get it. A
// group of its own: Ctrl-C is for us, who give the lock back when the work has ended.
/** @param {readonly string[]} args @param {AbortSignal} [signal] */
async function hold(args, signal) {
  // It says when it has the lock.
  const command = ['-E', String(HELD), ...args, 'sh', '-c', 'echo && exec cat > /dev/null'];
  const child = spawn('flock', command, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  let why = '';
  child.stderr.on('data', (piece) => {
    why += piece;
  });
  const ended = once(child, 'close');
  const stop = () => child.kill();
  signal?.addEventListener('abort', stop);
  process.once('exit', stop); // it may be waiting
  const has = await Promise.race([
    once(child.stdout, 'data').then(() => true),
    ended.then(() => false),
  ]);
  signal?.removeEventListener('abort', stop);
  process.off('exit', stop);
  if (!has && child.exitCode !== HELD && !signal?.aborted) {
    throw new UserError(`cannot lock ${args.at(-1)}: ${why.trim().split('\n').at(-1)}`);
  }
  return has ? { stdin: child.stdin, ended } : undefined;
}
