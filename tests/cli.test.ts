import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { createProgram, main } from '../ts/cli.ts';
import { UserError } from '../ts/support/errors.ts';

// The program with its output kept instead of printed.
async function quietProgram() {
  const printed: string[] = [];
  const keep = { writeOut: (text: string) => printed.push(text), writeErr: keepErr };
  function keepErr(text: string) {
    printed.push(text);
  }
  const program = (await createProgram()).configureOutput(keep);
  for (const command of program.commands) command.configureOutput(keep);
  return { program, printed };
}

function failingProgram(error: Error): Command {
  const program = new Command('legacy-llm').exitOverride();
  program.command('fail').action(() => {
    throw error;
  });
  return program;
}

describe('main', () => {
  test('--help lists the commands and is no failure', async () => {
    const { program, printed } = await quietProgram();
    expect(await main(['--help'], program)).toBe(0);
    expect(printed.join('')).toMatch(/build[\s\S]*doctor[\s\S]*clean/);
  });

  test.each([
    ['an unknown option', ['build', '--nonsense']],
    ['an unknown command', ['bulid']],
    ['an unknown option of the program', ['--nonsense']],
  ])('%s is wrong usage: exit code 2 and a word about it', async (_what, args) => {
    const { program, printed } = await quietProgram();
    expect(await main(args, program)).toBe(2);
    expect(printed.join('')).toMatch(/unknown (option|command)/);
  });

  test('a user error is printed in one line and gives its exit code', async () => {
    const printed: string[] = [];
    const program = failingProgram(new UserError('no text', { hint: 'npm run data', exitCode: 2 }));
    expect(await main(['fail'], program, (text) => printed.push(text))).toBe(2);
    expect(printed).toEqual(['legacy-llm: no text\n  npm run data']);
  });

  test('a bug gives exit code 1 and its stack', async () => {
    const printed: string[] = [];
    const program = failingProgram(new TypeError('oops'));
    expect(await main(['fail'], program, (text) => printed.push(text))).toBe(1);
    expect(printed[0]).toContain('internal error: TypeError: oops');
  });

  test('an unknown target is wrong usage', async () => {
    const printed: string[] = [];
    const { program } = await quietProgram();
    expect(await main(['build', '--only', 'p4'], program, (text) => printed.push(text))).toBe(2);
    expect(printed[0]).toContain('there is no target "p4"');
  });
});
