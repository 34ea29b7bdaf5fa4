// Tests that need a tool which few machines have: they are skipped where it is missing, with a name
// that says so, and never count as passed.
import { test } from 'vitest';
import { onPath } from '../scripts/requirements.mjs';

// Registers a test that needs these commands; `howTo` says how to get them.
export function testWith(
  commands: readonly string[],
  howTo: string,
  name: string,
  run: () => Promise<void>,
): void {
  if (commands.every((command) => onPath(command))) test(name, run);
  else test.skip(`${name} (not run here: ${howTo})`, run);
}
