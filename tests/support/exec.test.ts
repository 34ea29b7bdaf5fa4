import { describe, expect, test } from 'vitest';
import { UserError } from '../../ts/support/errors.ts';
import { exec, execAny } from '../../ts/support/exec.ts';

const node = (script: string): [string, string[]] => [process.execPath, ['-e', script]];

async function errorOf(promise: Promise<unknown>): Promise<UserError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}

describe('exec', () => {
  test('gives both outputs as they are, and the lines as they come', async () => {
    const lines: string[] = [];
    const result = await exec(...node('console.log("a\\nb"); console.error("c")'), {
      onStdout: (line) => lines.push(line),
      onStderr: (line) => lines.push(`error ${line}`),
    });
    expect(result.stdout).toBe('a\nb\n');
    expect(result.stderr).toBe('c\n');
    expect(lines.sort()).toEqual(['a', 'b', 'error c']);
    expect(result.exitCode).toBe(0);
  });

  test('passes input and environment on', async () => {
    const script = 'process.stdin.on("data", (d) => console.log(process.env.WORD + d))';
    const result = await exec(...node(script), { input: 'in', env: { WORD: 'out-' } });
    expect(result.stdout).toBe('out-in\n');
  });

  test('when the command fails, then the error names the task, the code, its words, itself', async () => {
    const script = 'console.error("bad weather"); process.exit(3)';
    const options = { what: 'ask the sky', hint: 'ask again' };
    const error = await errorOf(exec(...node(script), options));
    expect(error.message).toBe('ask the sky failed (exit code 3)');
    expect(error.hint).toContain('bad weather');
    expect(error.hint).toContain(process.execPath);
    expect(error.hint?.endsWith('ask again')).toBe(true);
  });

  test('an allowed exit code is no failure, another one is', async () => {
    const [command, args] = node('process.exit(4)');
    expect((await exec(command, args, { allowExitCodes: [4] })).exitCode).toBe(4);
    await errorOf(exec(command, args, { allowExitCodes: [5] }));
  });

  test('when a signal ends the command, then the error says which', async () => {
    const error = await errorOf(exec(...node('process.kill(process.pid, "SIGKILL")')));
    expect(error.message).toContain('killed by signal 9');
  });

  test('when a known command is missing, then the package that brings it is named', async () => {
    const error = await errorOf(exec('/no/such/place/emcc', [], { what: 'compile' }));
    expect(error.message).toContain('emcc is not installed');
    expect(error.message).toContain('compile');
    expect(error.hint).toContain('apt-get install --no-install-recommends emscripten');
  });

  test('when it takes too long, then it is ended and the error says after what time', async () => {
    const options = { what: 'sleep', timeoutSeconds: 0.2 };
    const error = await errorOf(exec(...node('setTimeout(() => {}, 60000)'), options));
    expect(error.message).toBe('sleep did not end within 0.2 seconds');
  });

  test('when the caller aborts, then the reason of the caller is thrown', async () => {
    const controller = new AbortController();
    const running = exec(...node('setTimeout(() => {}, 60000)'), { signal: controller.signal });
    controller.abort(new UserError('enough'));
    expect((await errorOf(running)).message).toBe('enough');
  });
});

test('execAny gives a failed result instead of throwing', async () => {
  const result = await execAny(...node('process.kill(process.pid, "SIGTERM")'));
  expect(result.signal).toBe(15);
  expect(result.exitCode).toBe(143);
});
