// A mistake in a sweep file: one line, and what to do.
import { UserError } from '../support/errors.ts';

// The error of a mistake.
export function wrong(message: string, hint?: string): UserError {
  return new UserError(message, { hint, exitCode: 2 });
}
