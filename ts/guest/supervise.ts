// Keeps the emulator's child process: starts it, feeds the transcript, ends it whatever happens.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { UserError } from '../support/errors.ts';
import type { MachineMessage, StartMessage } from './protocol.ts';
import type { Transcript } from './transcript.ts';

// What is started, who listens, and what ends it.
export interface Supervision {
  start: StartMessage;
  transcript: Transcript;
  signal: AbortSignal;
  /** Undefined: no limit. */
  timeoutSeconds: number | undefined;
}

const EMULATOR = fileURLToPath(new URL('./emulator.ts', import.meta.url));
const LOG_TAIL = 12;

// Resolves when the guest has said "done"; rejects when it no longer can. By then the child has
// ended.
export async function superviseMachine(supervision: Supervision): Promise<void> {
  const { signal, timeoutSeconds, start } = supervision;
  signal.throwIfAborted();
  const child = fork(EMULATOR, {
    execArgv: ['--import', 'tsx'],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const undo: (() => void)[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      const onAbort = () => reject(signal.reason);
      signal.addEventListener('abort', onAbort);
      undo.push(() => signal.removeEventListener('abort', onAbort));
      if (timeoutSeconds !== undefined) {
        const tooLong = () => reject(timeoutError(supervision));
        const timer = setTimeout(tooLong, timeoutSeconds * 1000);
        undo.push(() => clearTimeout(timer));
      }
      listen(child, supervision, resolve, reject);
      child.send(start, (error) => error && reject(error));
    });
  } finally {
    for (const step of undo) step();
    child.kill('SIGKILL');
    await ended;
  }
}

function listen(
  child: ChildProcess,
  { transcript }: Supervision,
  resolve: () => void,
  reject: (error: unknown) => void,
): void {
  let words = '';
  child.stderr?.on('data', (data: Buffer) => {
    words += data.toString();
  });
  child.once('error', reject);
  child.once('exit', (code, signal) => {
    reject(
      new UserError(`the emulator ended by itself (${signal ?? code})`, { hint: words.trim() }),
    );
  });
  child.on('message', (message) => {
    try {
      receive(transcript, message as MachineMessage);
      if (transcript.done) resolve();
    } catch (error) {
      reject(error);
    }
  });
}

function receive(transcript: Transcript, message: MachineMessage): void {
  switch (message.type) {
    case 'frame':
      transcript.receive(message.frame);
      return;
    case 'kernel':
      transcript.kernelLog.push(message.line);
      if (/Kernel panic/.test(message.line)) throw stopped('its kernel panicked', transcript);
      return;
    case 'halted':
      if (!transcript.done) throw stopped('it halted before the job was done', transcript);
      return;
    case 'fault':
      throw new UserError('the emulator failed', { hint: message.message });
  }
}

function stopped(why: string, { kernelLog }: Transcript): UserError {
  const tail = kernelLog.slice(-LOG_TAIL);
  return new UserError(`the emulated laptop stopped: ${why}`, { hint: tail.join('\n') });
}

function timeoutError({ transcript, timeoutSeconds }: Supervision): UserError {
  const tail = transcript.kernelLog.slice(-LOG_TAIL).join('\n');
  return new UserError(`the emulated laptop was not done after ${timeoutSeconds} s (host clock)`, {
    hint: `The end of its kernel log:\n${tail}`,
  });
}
