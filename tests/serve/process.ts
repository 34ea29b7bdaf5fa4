// Servers of the driver as processes: started by npm, as people do, and ended by signals.
import { readFileSync } from 'node:fs';
import { rootDir } from '../../ts/support/paths.ts';
import { childrenOf } from '../../ts/support/processes.ts';
import { type Child, startChild } from '../program/child.ts';

// A command of the driver, or the same by npm, whose own end says less; signals go to all of its
// processes, as a terminal sends them.
export function driver(args: readonly string[]): Child {
  return startChild(process.execPath, ['scripts/legacy-llm.mjs', ...args], rootDir, true);
}
export function npmRun(name: string, args: readonly string[]): Child {
  return startChild('npm', ['run', '-s', name, '--', ...args], rootDir, true);
}

// A process, all that it has started, and those that they have.
export async function familyOf(pid: number): Promise<number[]> {
  const children = await childrenOf(pid);
  return [pid, ...(await Promise.all(children.map(familyOf))).flat()];
}

// Whether a process is there.
export function isThere(pid: number): boolean {
  return statusOf(pid) !== '' && !/^State:\s+Z/m.test(statusOf(pid));
}

// The bytes of RAM that a process has.
export function residentBytes(pid: number): number {
  return 1024 * Number(/^VmRSS:\s+(\d+) kB/m.exec(statusOf(pid))?.[1]);
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}
