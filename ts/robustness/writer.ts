// A training in a process of its own, for whoever ends it: by which signal, and how it ended.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { interruptSignal } from '../support/interrupt.ts';

// How a process ended: by itself with a code, or by a signal.
export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
  stderr: string;
}

export interface Writer {
  pid: number;
  command: string;
  kill: (signal: NodeJS.Signals) => void;
  ended: Promise<Ending>;
}

// Starts a program; Ctrl-C ends it, too.
export function startWriter(program: string, args: readonly string[]): Writer {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const stop = () => child.kill('SIGKILL');
  interruptSignal.addEventListener('abort', stop);
  const ended = once(child, 'close')
    .then(([code, signal]): Ending => ({ code, signal, stderr }))
    .finally(() => interruptSignal.removeEventListener('abort', stop));
  return {
    pid: child.pid ?? 0,
    command: [program, ...args].join(' '),
    kill: (signal) => void child.kill(signal),
    ended,
  };
}

// Waits so many milliseconds, or for the writer's end if that comes first.
export async function waitBeside(writer: Writer, milliseconds: number): Promise<void> {
  if (!Number.isFinite(milliseconds)) {
    await writer.ended;
    return;
  }
  const over = new AbortController();
  const time = sleep(milliseconds, undefined, { signal: over.signal }).catch(() => {});
  await Promise.race([writer.ended, time]);
  over.abort();
}
