// Starts files of ts/ as child processes and as threads that messages go to and come from.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { compiledFile, compiledFolder } from '../../scripts/compile.mjs';
import { ownCompiled } from './compiled.ts';

// Of this very state, where it was compiled itself; else this is a test.
const folder = ownCompiled() ?? (await compiledFolder());

// Messages may hold bytes and maps. Standard error is this process' own, or a pipe to be read.
export function forkTypescript(file: URL, stderr: 'inherit' | 'pipe'): ChildProcess {
  return fork(compiledFile(folder, fileURLToPath(file)), {
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', stderr, 'ipc'],
  });
}

// What the thread is given is copied, but for memory that is shared.
export function startThread(file: URL, workerData: unknown): Worker {
  return new Worker(compiledFile(folder, fileURLToPath(file)), { execArgv: [], workerData });
}
