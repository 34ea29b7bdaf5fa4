// Ctrl-C, kill, a closed terminal, a reader that goes away: the first one stops children and lets
// the clean-up run, the second one ends at once.
import { constants } from 'node:os';
import { UserError } from './errors.ts';

type Stop = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

// A terminal and a parent may both deliver what was sent once.
const ONE_MS = 300;

const controller = new AbortController();
let received: Stop | undefined;

// Aborts when the user stops the program; hand it to everything that takes long.
export const interruptSignal: AbortSignal = controller.signal;

// Turns the signals into `interruptSignal`; called once, by the command line.
export function watchInterrupts(): void {
  let receivedAt = 0;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (received && Date.now() - receivedAt > ONE_MS) process.exit(exitCodeOf(name));
      if (received) return;
      received = name;
      receivedAt = Date.now();
      controller.abort(interruptError(name));
    });
  }
}

// Stops the work because nobody reads what it says.
export function stopUnread(): void {
  controller.abort(new UserError('nobody reads the output', { exitCode: exitCodeOf('SIGPIPE') }));
}

// The error of a stopped run, with the exit code that shells expect (130 for Ctrl-C).
export function interruptError(name: Stop = received ?? 'SIGINT'): UserError {
  const reason: unknown = controller.signal.reason;
  if (received === undefined && reason instanceof UserError) return reason;
  const words = { SIGINT: 'Ctrl-C', SIGTERM: 'SIGTERM', SIGHUP: 'a terminal that closed' };
  return new UserError(`stopped by ${words[name]}`, { exitCode: exitCodeOf(name) });
}

function exitCodeOf(name: Stop | 'SIGPIPE'): number {
  return 128 + constants.signals[name];
}
