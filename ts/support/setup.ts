// Sets up what a command needs, when its arguments have been found right: Debian packages, by the
// groups of scripts/requirements.mjs.
import type { Group } from '../../scripts/requirements.mjs';
import { setUp } from '../../scripts/setup.mjs';
import { interruptSignal } from './interrupt.ts';

export type { Group };

// Installs what is missing for these groups; throws a UserError that names it where it may not.
export async function provide(groups: readonly Group[]): Promise<void> {
  await setUp([...new Set(groups)], interruptSignal);
  interruptSignal.throwIfAborted();
}
