// make, for whoever needs what it builds: one call at a time, since two that compile into one folder
// would read each other's half-written objects.
import path from 'node:path';
import { withLock } from '../../scripts/lock.mjs';
import { type ExecOptions, type ExecResult, exec } from '../support/exec.ts';
import { interruptSignal } from '../support/interrupt.ts';
import { imagesDir, rootDir } from '../support/paths.ts';

// Runs make in the checkout.
export function make(args: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
  const call = () => exec('make', ['-j2', ...args], { cwd: rootDir, ...options });
  const waits = () => options.onStderr?.('another run of make is in this folder; waiting');
  return withLock(path.join(imagesDir, 'locks', 'make.lock'), call, waits, interruptSignal);
}
