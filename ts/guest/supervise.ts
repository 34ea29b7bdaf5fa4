// Keeps an emulator while its machine runs: feeds the transcript, and ends it whatever happens.
import { UserError } from '../support/errors.ts';
import { emulators } from './emulators.ts';
import type { Ended, MachineMessage, PowerOn } from './protocol.ts';
import type { Transcript } from './transcript.ts';

// What is started, who listens, and what ends it.
export interface Supervision {
  on: PowerOn;
  transcript: Transcript;
  signal: AbortSignal;
  /** Undefined: no limit. */
  timeoutSeconds: number | undefined;
  /** Host seconds after which a machine that has not begun with its job is given up. */
  startSeconds?: number;
}

// A boot takes seconds; a machine that is a hundred times as busy has time enough.
const START_SECONDS = 600;

const LOG_TAIL = 12;

// Resolves when the guest has said "done"; rejects when it no longer can. By then the emulator has
// ended.
export async function superviseMachine(supervision: Supervision): Promise<void> {
  const { on, transcript, signal, timeoutSeconds } = supervision;
  signal.throwIfAborted();
  const stop = new AbortController();
  const undo: (() => void)[] = [() => stop.abort()];
  let ended: Promise<unknown> = Promise.resolve();
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
      const silent = () => reject(silenceError(supervision));
      const start = setTimeout(silent, (supervision.startSeconds ?? START_SECONDS) * 1000);
      undo.push(() => clearTimeout(start));
      const hear = (message: MachineMessage) => {
        if (message.type === 'frame') clearTimeout(start);
        try {
          receive(transcript, message);
          if (transcript.done) resolve();
        } catch (error) {
          reject(error);
        }
      };
      const emulator = emulators[on.machine.emulator];
      ended = emulator(on, hear, stop.signal).then((end) => reject(endError(on, end)), reject);
    });
  } finally {
    for (const step of undo) step();
    await ended;
  }
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

function endError({ machine }: PowerOn, { how, words }: Ended): UserError {
  const what = `the emulator of ${machine.name} ended by itself (${how})`;
  return new UserError(what, { hint: words.trim() });
}

function timeoutError({ transcript, timeoutSeconds }: Supervision): UserError {
  return lateError(`was not done after ${timeoutSeconds} s`, transcript);
}

function silenceError({ transcript, startSeconds = START_SECONDS }: Supervision): UserError {
  return lateError(`did not begin with its job in ${startSeconds} s`, transcript);
}

function lateError(what: string, { kernelLog }: Transcript): UserError {
  const tail = kernelLog.slice(-LOG_TAIL).join('\n') || '(it has said nothing)';
  return new UserError(`the emulated laptop ${what} (host clock)`, {
    hint: `The end of its kernel log:\n${tail}`,
  });
}
