// Starts files of ts/ as child processes and as threads that messages go to and come from.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { typescriptArgs } from './paths.ts';

// Messages may hold bytes and maps. Standard error is this process' own, or a pipe to be read.
export function forkTypescript(file: URL, stderr: 'inherit' | 'pipe'): ChildProcess {
  return fork(fileURLToPath(file), {
    execArgv: typescriptArgs,
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', stderr, 'ipc'],
  });
}

// What the thread is given is copied, but for memory that is shared.
export function startThread(file: URL, workerData: unknown): Worker {
  const start = new URL('../../scripts/start_thread.mjs', import.meta.url);
  return new Worker(start, { argv: [file.href], execArgv: [], workerData });
}
