// Tests that need a tool which few machines have: they are skipped where it is missing, with a name
// that says so, and never count as passed.
import { test } from 'vitest';
import { runsI386 } from '../scripts/i386.mjs';
import { onPath } from '../scripts/requirements.mjs';

// A kernel that starts i386 programs, without which valgrind cannot run them.
export const I386_KERNEL = 'a kernel that runs i386 programs';

// Registers a test that needs these commands (or that kernel); `howTo` says how to get them.
export function testWith(
  commands: readonly string[],
  howTo: string,
  name: string,
  run: () => Promise<void>,
): void {
  if (commands.every((each) => (each === I386_KERNEL ? runsI386() : onPath(each)))) test(name, run);
  else test.skip(`${name} (not run here: ${howTo})`, run);
}
