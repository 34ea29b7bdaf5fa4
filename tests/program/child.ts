// A program that is still running, for the tests of what happens to it: they wait for what it prints
// or does, never for a time, since nobody knows how long a busy machine takes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { kill } from '../../ts/support/processes.ts';

export interface Child {
  pid: number;
  /** Waits until it has printed this since the last time; throws where it ends before. */
  prints: (words: string) => Promise<void>;
  /** Waits until it does nothing, as when it reads what is not there yet. */
  sleeps: () => Promise<void>;
  write: (text: string) => void;
  kill: (signal: NodeJS.Signals) => void;
  /** How it ended, and what it said on standard error. */
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; stderr: string }>;
  isRunning: () => boolean;
}

// Starts a program in a folder. All that it prints is read, so that it never waits for a reader. With
// `group` signals go to all that it starts, as a terminal sends them.
export function startChild(
  program: string,
  args: readonly string[],
  cwd?: string,
  group = false,
): Child {
  const child = spawn(program, args, { cwd, detached: group });
  const pid = child.pid ?? 0;
  let stderr = '';
  let unseen = '';
  child.stdout.on('data', (data) => {
    unseen += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, stderr }));
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  const until = async (holds: () => boolean) => {
    while (!holds()) {
      if (!isRunning()) throw new Error(`it ended too early: ${stderr}`);
      await sleep(5);
    }
  };
  return {
    ...{ pid, ended, isRunning },
    prints: async (words) => {
      await until(() => unseen.includes(words));
      unseen = unseen.slice(unseen.lastIndexOf(words) + words.length);
    },
    sleeps: () => until(() => stateOf(pid) === 'S'),
    write: (text) => void child.stdin.write(text),
    kill: (signal) => void kill(group ? -pid : pid, signal),
  };
}

// What the kernel says that a process does: R runs, S sleeps.
function stateOf(pid: number): string | undefined {
  return / ([A-Z]) [^)]*$/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
}
