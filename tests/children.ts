// The child processes of the process that runs the test, as the kernel lists them.
import { readdir, readFile } from 'node:fs/promises';

export async function ownChildren(): Promise<string[]> {
  const tasks = await readdir('/proc/self/task');
  const lists = tasks.map((task) => readFile(`/proc/self/task/${task}/children`, 'utf8'));
  return (await Promise.all(lists)).join(' ').split(' ').filter(Boolean);
}
