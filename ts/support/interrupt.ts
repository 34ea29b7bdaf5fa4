// Ctrl-C and kill: the first one stops children and lets the clean-up run, the second one ends at once.
import { constants } from 'node:os';
import { UserError } from './errors.ts';

const controller = new AbortController();
let received: 'SIGINT' | 'SIGTERM' | undefined;

// Aborts when the user stops the program; hand it to everything that takes long.
export const interruptSignal: AbortSignal = controller.signal;

// Turns SIGINT and SIGTERM into `interruptSignal`; called once, by the command line.
export function watchInterrupts(): void {
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (received) process.exit(128 + constants.signals[name]);
      received = name;
      controller.abort(interruptError(name));
    });
  }
}

// The error of a stopped run, with the exit code that shells expect (130 for Ctrl-C).
export function interruptError(name: 'SIGINT' | 'SIGTERM' = received ?? 'SIGINT'): UserError {
  return new UserError(`stopped by ${name === 'SIGINT' ? 'Ctrl-C' : name}`, {
    exitCode: 128 + constants.signals[name],
  });
}
