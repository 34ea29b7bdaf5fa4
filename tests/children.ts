// The child processes of the process that runs the test.
import { childrenOf } from '../ts/support/processes.ts';

export function ownChildren(): Promise<number[]> {
  return childrenOf(process.pid);
}
