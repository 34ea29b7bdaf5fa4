// Runs a program to its end as the driver's execAny does, but as plainly as Node can: no process is put
// before it and no library around it, as the tests start some ten thousand.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import type { ExecOptions, ExecResult } from '../ts/support/exec.ts';

type PlainOptions = Pick<ExecOptions, 'cwd' | 'env' | 'input' | 'timeoutSeconds'>;

// Gives what came of it, failed or not; throws where it cannot be started.
export async function execPlain(
  command: string,
  args: readonly string[],
  { cwd, env, input, timeoutSeconds }: PlainOptions = {},
): Promise<ExecResult> {
  const started = performance.now();
  const child = spawn(command, args, {
    cwd,
    ...(timeoutSeconds !== undefined && { timeout: 1000 * timeoutSeconds }),
    ...(env && { env: { ...process.env, ...env } }),
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  const said = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  for (const from of ['stdout', 'stderr'] as const) {
    child[from]?.on('data', (piece: Buffer) => said[from].push(piece));
  }
  child.stdin?.on('error', () => {}); // it reads no further
  child.stdin?.end(input);
  const ended = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  const [code, signal] = ended;
  return {
    command: [command, ...args].join(' '),
    exitCode: code ?? 128 + constants.signals[signal ?? 'SIGKILL'],
    signal: signal && constants.signals[signal],
    stdout: Buffer.concat(said.stdout).toString(),
    stderr: Buffer.concat(said.stderr).toString(),
    hostSeconds: (performance.now() - started) / 1000,
  };
}
