// A lock between processes. The command flock holds it, and ends with this process, however that
// ends; where a system has no flock, nobody waits.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { onPath } from '../../scripts/requirements.mjs';

// Does work while no other process does any under the same lock file, which stays.
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  if (!onPath('flock')) return work();
  await mkdir(path.dirname(file), { recursive: true });
  // It says that it has the lock, and has it until its input ends.
  const script = 'echo && exec cat > /dev/null';
  const holder = spawn('flock', [file, 'sh', '-c', script], { stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = once(holder, 'close');
  await Promise.race([once(holder.stdout, 'data'), ended]);
  try {
    return await work();
  } finally {
    holder.stdin.end();
    await ended;
  }
}
