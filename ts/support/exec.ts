// Checked child processes: a result for success, one UserError that says what, where and what next.
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { endingWithUs } from '../../scripts/child.mjs';
import { onPath, requirementFor } from '../../scripts/requirements.mjs';
import { UserError } from './errors.ts';
import { interruptError, interruptSignal } from './interrupt.ts';

// The exit code of an error about a command that did not end in its time, as `timeout` has it.
export const TIMED_OUT = 124;

// How a command is run, and what it is for.
export interface ExecOptions {
  cwd?: string;
  /** Added to the environment of this process. */
  env?: Readonly<Record<string, string>>;
  input?: string | Uint8Array;
  /** What the command is for, for the message: "compile matmul.c". */
  what?: string;
  /** What to do when it fails. */
  hint?: string;
  /** Exit codes that are not failures; 0 always is one of them. */
  allowExitCodes?: readonly number[];
  timeoutSeconds?: number;
  signal?: AbortSignal;
  onStdout?: (line: string) => void;
  onStderr?: (line: string) => void;
}

// What came of a command.
export interface ExecResult {
  command: string;
  exitCode: number;
  /** Signal number that ended the child, for example 9 for the out-of-memory killer. */
  signal: number | null;
  stdout: string;
  stderr: string;
  hostSeconds: number;
}

// Runs a command to its end and gives its result, failed or not; throws when it cannot be started.
export async function execAny(
  command: string,
  args: readonly string[],
  options: ExecOptions = {},
): Promise<ExecResult> {
  const cancel = options.signal
    ? AbortSignal.any([interruptSignal, options.signal])
    : interruptSignal;
  const [file, ...words] = [...startOf(command), ...args] as [string, ...string[]];
  const child = execa(file, words, {
    reject: false,
    stripFinalNewline: false,
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    ...(options.env !== undefined && { env: options.env }),
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
    ...(options.timeoutSeconds !== undefined && { timeout: options.timeoutSeconds * 1000 }),
    cancelSignal: cancel,
    maxBuffer: 256 * 1024 * 1024,
  });
  const readers = (['stdout', 'stderr'] as const).map((from) => {
    const receive = from === 'stdout' ? options.onStdout : options.onStderr;
    return receive && forwardLines(child.iterable({ from }), receive);
  });
  const [result] = await Promise.all([child, ...readers]);
  if (result.isCanceled) {
    throw interruptSignal.aborted ? interruptError() : cancel.reason;
  }
  if (result.timedOut) {
    throw new UserError(timeoutMessage(command, options), { exitCode: TIMED_OUT });
  }
  if (result.exitCode === undefined && result.signal === undefined) {
    throw startError(command, result.code, options);
  }
  return {
    command: [command, ...args].join(' '),
    exitCode: result.exitCode ?? 128 + constants.signals[result.signal ?? 'SIGKILL'],
    signal: result.signal ? constants.signals[result.signal] : null,
    stdout: String(result.stdout ?? ''),
    stderr: String(result.stderr ?? ''),
    hostSeconds: result.durationMs / 1000,
  };
}

// Runs a command and throws a UserError unless it succeeds.
export async function exec(
  command: string,
  args: readonly string[],
  options: ExecOptions = {},
): Promise<ExecResult> {
  const result = await execAny(command, args, options);
  const allowed =
    result.signal === null && (options.allowExitCodes ?? []).includes(result.exitCode);
  if (result.exitCode === 0 || allowed) return result;
  await delay(SIGNALS_ARRIVE_MS);
  throw interruptSignal.aborted ? interruptError() : failure(result, options);
}

// Ctrl-C goes to the children, too, and their end may be known here before the signal is.
const SIGNALS_ARRIVE_MS = 50;

// The error for a child process that ran and failed: its own last words, then the whole command.
export function failure(
  result: ExecResult,
  options: Pick<ExecOptions, 'what' | 'hint'>,
): UserError {
  const how =
    result.signal === null ? `exit code ${result.exitCode}` : `killed by signal ${result.signal}`;
  const what = options.what ?? result.command.split(' ', 1)[0];
  const words = (result.stderr.trim() || result.stdout.trim()).split('\n').slice(-30);
  const hint = [...words, `command: ${result.command}`, ...(options.hint ? [options.hint] : [])];
  return new UserError(`${what} failed (${how})`, { hint: hint.filter(Boolean).join('\n') });
}

// A command that is not there is started by nothing, so that its own error is told.
function startOf(command: string): string[] {
  const found = onPath(command);
  return found === undefined ? [command] : [...endingWithUs('TERM'), found];
}

async function forwardLines(
  lines: AsyncIterable<unknown>,
  receive: (line: string) => void,
): Promise<void> {
  try {
    for await (const line of lines) receive(String(line));
  } catch {
    // The child's own result tells of the failure.
  }
}

function timeoutMessage(command: string, options: ExecOptions): string {
  return `${options.what ?? command} did not end within ${options.timeoutSeconds} seconds`;
}

function startError(command: string, code: string | undefined, options: ExecOptions): UserError {
  const what = options.what ? ` (needed to ${options.what})` : '';
  if (code !== 'ENOENT') {
    return new UserError(`${command} could not be started${what}: ${code ?? 'unknown reason'}`);
  }
  return missingCommand(command, what);
}

// The error for a command that is not installed: names the package that brings it.
export function missingCommand(command: string, what = ''): UserError {
  const row = requirementFor(command);
  const hint = row ? row.howToGet : `Install ${command} or put it on the PATH.`;
  return new UserError(`${command} is not installed${what}`, { hint });
}
