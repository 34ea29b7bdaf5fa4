// A stopped run, as a shell sees it: in a child process, since a signal is for a whole process.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { rootDir } from '../../ts/support/paths.ts';
import { useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();
const inRepo = (file: string) => JSON.stringify(path.join(rootDir, 'ts/support', file));

// Starts a long child of its own, tells its process id, and cleans up when it is stopped.
const SCRIPT = () => `
  import { describeError, exitCodeOf } from ${inRepo('errors.ts')};
  import { exec } from ${inRepo('exec.ts')};
  import { watchInterrupts } from ${inRepo('interrupt.ts')};
  watchInterrupts();
  const child = 'console.log(process.pid); setInterval(() => {}, 1000)';
  try {
    await exec(process.execPath, ['-e', child], { onStdout: (line) => console.log(line) });
  } catch (error) {
    console.log(describeError(error));
    process.exitCode = exitCodeOf(error);
  } finally {
    console.log('cleaned up');
  }
`;

async function stopWith(signal: 'SIGINT' | 'SIGTERM') {
  const script = path.join(folder(), 'script.mts');
  writeFileSync(script, SCRIPT());
  const tsx = import.meta.resolve('tsx');
  const child = spawn(process.execPath, ['--import', tsx, script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    if (text === '') child.kill(signal);
    text += chunk.toString();
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  return { code, lines: text.trim().split('\n') };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('a stopped run ends its children, cleans up and exits as shells expect', () => {
  test.each([
    ['SIGINT', 130, 'legacy-llm: stopped by Ctrl-C'],
    ['SIGTERM', 143, 'legacy-llm: stopped by SIGTERM'],
  ] as const)('%s: exit code %i', async (signal, expected, message) => {
    const { code, lines } = await stopWith(signal);
    expect(code).toBe(expected);
    expect(lines.slice(1)).toEqual([message, 'cleaned up']);
    expect(isRunning(Number(lines[0]))).toBe(false);
  });
});
