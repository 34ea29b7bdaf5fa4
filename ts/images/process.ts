// An emulator as a process of its own, which ends with us and by Ctrl-C.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { endingWithUs } from '../../scripts/child.mjs';
import { onPath } from '../../scripts/requirements.mjs';
import { missingCommand } from '../support/exec.ts';
import { interruptSignal } from '../support/interrupt.ts';

export interface EmulatorProcess {
  child: ChildProcess;
  /** Ends it, if it has not ended by itself. */
  stop: () => Promise<void>;
}

export interface ProcessOptions {
  /** The folder to run in, if not this one. */
  cwd?: string;
  stdin: 'pipe' | 'ignore';
}

// Starts a command; what it writes comes through pipes.
export async function startProcess(
  command: string,
  args: readonly string[],
  { cwd, stdin }: ProcessOptions,
): Promise<EmulatorProcess> {
  if (!onPath(command)) throw missingCommand(command);
  const [file, ...words] = [...endingWithUs('KILL'), command, ...args] as [string, ...string[]];
  const child = spawn(file, words, { cwd, stdio: [stdin, 'pipe', 'pipe'] });
  await once(child, 'spawn');
  child.stdin?.on('error', () => {}); // it has ended, which its end tells
  return { child, stop: stopOf(child) };
}

// Has Ctrl-C end a process that runs; gives what ends it, if it has not ended by itself.
export function stopOf(child: ChildProcess): () => Promise<void> {
  const kill = () => child.kill('SIGKILL');
  interruptSignal.addEventListener('abort', kill);
  return async () => {
    interruptSignal.removeEventListener('abort', kill);
    if (child.exitCode !== null || child.signalCode !== null) return;
    kill();
    await once(child, 'exit');
  };
}
