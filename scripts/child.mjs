// Child processes that do not outlive this one. Plain Node, no packages.
import { onPath } from './requirements.mjs';

// What starts a program so that it is sent a signal when this process ends, however that ends: one
// that nobody waits for would go on with its work, some of them for ever. Nothing where a system has
// no setpriv.
/** @param {'TERM' | 'KILL'} signal  TERM where a program has children of its own to end @returns {string[]} */
export function endingWithUs(signal) {
  const setpriv = onPath('setpriv');
  return setpriv === undefined ? [] : [setpriv, '--pdeathsig', signal];
}
