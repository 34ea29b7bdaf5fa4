// Other processes, as the kernel lists them, which may end while they are being looked at (Linux).
import { readdir, readFile } from 'node:fs/promises';

// The processes that one has started and that are there; none where it is not there itself.
export async function childrenOf(pid: number): Promise<number[]> {
  const tasks = `/proc/${pid}/task`;
  const read = (task: string) => readFile(`${tasks}/${task}/children`, 'utf8').catch(() => '');
  const lists = await Promise.all((await readdir(tasks).catch(() => [])).map(read));
  return lists.join(' ').split(' ').filter(Boolean).map(Number);
}

// Sends a signal to a process, or with a negative number to a group; whether it was still there.
export function kill(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
