// Starts files of ts/ as child processes that messages go to and come from.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { typescriptArgs } from './paths.ts';

// Messages may hold bytes and maps. Standard error is this process' own, or a pipe to be read.
export function forkTypescript(file: URL, stderr: 'inherit' | 'pipe'): ChildProcess {
  return fork(fileURLToPath(file), {
    execArgv: typescriptArgs,
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', stderr, 'ipc'],
  });
}
