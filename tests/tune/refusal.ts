// What a mistake is told.
import { UserError } from '../../ts/support/errors.ts';

// The words with which something is refused, in one line and as wrong usage.
export function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (error.exitCode !== 2) throw new Error(`exit code ${error.exitCode}: ${error.message}`);
    if (error.message.includes('\n')) throw new Error(`more than one line: ${error.message}`);
    return error.message;
  }
  throw new Error('it was not refused');
}
