// Jobs of a program of our own on this machine: its files, what it says, and how it ends.
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { fileOf } from '../../ts/runs/job.ts';
import { run, runAny, runCommand } from '../../ts/runs/run.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { fakeRunner } from './fake_program.ts';

const folder = useTemporaryFolder();

describe('files', () => {
  test('when a job names files, then they are there by name, and the outputs come out', async () => {
    const text = path.join(folder(), 'some text');
    writeFileSync(text, 'Once');
    const result = await run({
      runner: fakeRunner(folder()),
      commands: [['copy', 'a', 'c'], ['copy', 'b', 'd'], ['where']],
      inputs: { a: text, b: Buffer.from('upon') },
      outputs: ['c', 'd'],
    });
    expect(fileOf(result, 'c').toString()).toBe('Once');
    expect(fileOf(result, 'd').toString()).toBe('upon');
    expect(() => fileOf(result, 'e')).toThrow('e was not asked for');
    const work = result.commands[2].stdout.trim();
    expect(work).toContain('legacy-llm-run-');
    expect(existsSync(work)).toBe(false);
  });

  test('when a job names no files, then it runs where the driver does', async () => {
    const { stdout } = await runCommand(fakeRunner(folder()), ['where']);
    expect(stdout.trim()).toBe(process.cwd());
  });

  test('when an output is not left behind, then that is said of the runner', async () => {
    const job = { runner: fakeRunner(folder()), commands: [['say', 'x']], outputs: ['model.ckpt'] };
    await expect(run(job)).rejects.toThrow('fake: model.ckpt was not left behind: ENOENT');
    expect((await runAny(job)).missing).toEqual(new Map([['model.ckpt', 'ENOENT']]));
  });
});

describe('what a program says', () => {
  test('when it runs, then each line comes at once, and all of it with its seconds', async () => {
    const lines: string[] = [];
    const { commands, hostSeconds } = await run({
      runner: fakeRunner(folder()),
      commands: [
        ['say', 'one', 'two'],
        ['say', 'three'],
      ],
      onStdout: (line) => lines.push(line),
    });
    expect(lines).toEqual(['one', 'two', 'three']);
    expect(commands.map(({ stdout }) => stdout)).toEqual(['one\ntwo\n', 'three\n']);
    expect(commands[0].seconds).toBeGreaterThan(0);
    expect(commands[0].instructions).toBeNaN();
    expect(hostSeconds).toBeGreaterThan(commands[0].seconds);
  });
});

describe('failures', () => {
  const job = (...commands: string[][]) => ({ runner: fakeRunner(folder()), commands });

  test('when a command fails, then who, what, how, its words and the command are said', async () => {
    const failing = job(['say', 'x'], ['fail', '1', 'disk', 'full'], ['say', 'y']);
    const error = await run(failing).catch((error: unknown) => error);
    expect(error).toMatchObject({
      message: 'fake: fail failed (exit code 1)',
      hint: `legacy_llm: disk full\ncommand: ${failing.runner.command[0]} fail 1 disk full`,
      exitCode: 1,
    });
    const { commands } = await runAny(failing);
    expect(commands.map(({ exitCode }) => exitCode)).toEqual([0, 1]);
  });

  test('when it refuses its words, then that is wrong usage', async () => {
    await expect(run({ ...job(['fail', '2', 'no text']), what: 'the plan' })).rejects.toMatchObject(
      {
        message: 'fake: the plan refused to start (exit code 2)',
        exitCode: 2,
      },
    );
  });

  test('when it is killed, then the signal is named', async () => {
    await expect(run(job(['die']))).rejects.toThrow('fake: die failed (signal 9)');
    const [killed] = (await runAny(job(['die']))).commands;
    expect(killed).toMatchObject({ exitCode: 137, signal: 9 });
  });

  test('when it cannot be started, then that is an error, also of runAny', async () => {
    const runner = { name: 'none', command: [path.join(folder(), 'none')] } as const;
    await expect(runAny({ runner, commands: [['say']] })).rejects.toThrow('is not installed');
  });
});
