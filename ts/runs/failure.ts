// What is said of a job that failed: who and what, how it ended, its own words, the command again.
import { freeMemory } from '../guest/facts.ts';
import { UserError } from '../support/errors.ts';
import { quoted } from '../support/shell.ts';
import { kilobytes } from '../support/sizes.ts';
import type { CommandResult, Job, JobResult, LaptopFacts } from './job.ts';

// With this exit code the program refuses what it was asked for before it does any of it.
const REFUSED = 2;
const MOST_LINES = 30;

// Throws a UserError about the first command that failed, or about an output that is not there.
export function checkSucceeded(job: Job, { commands, missing, laptop }: JobResult): void {
  for (const [index, command] of commands.entries()) {
    if (command.exitCode === 0) continue;
    const args = job.commands[index] ?? [];
    if (laptop?.killedForMemory) throw memoryError(job, args, command, laptop);
    throw commandError(job, args, command);
  }
  for (const [name, why] of missing) {
    throw new UserError(`${job.runner.name}: ${name} was not left behind: ${why}`, {
      hint: job.commands.map((args) => commandText(job, args)).join('\n'),
    });
  }
}

function commandError(job: Job, args: readonly string[], result: CommandResult): UserError {
  const { exitCode, signal, stderr, stdout } = result;
  const refused = exitCode === REFUSED;
  const how = signal === null ? `exit code ${exitCode}` : `signal ${signal}`;
  const what = `${job.runner.name}: ${job.what ?? args[0]}`;
  const words = (stderr.trim() || stdout.trim()).split('\n').slice(-MOST_LINES);
  return new UserError(`${what} ${refused ? 'refused to start' : 'failed'} (${how})`, {
    hint: [...words.filter(Boolean), commandText(job, args)].join('\n'),
    exitCode: refused ? 2 : 1,
  });
}

function memoryError(
  job: Job,
  args: readonly string[],
  { maxRssKb }: CommandResult,
  laptop: LaptopFacts,
): UserError {
  const { memoryClaim, runner } = job;
  const told = memoryClaim ? `, and it was told that it may use ${memoryClaim}` : '';
  const killed = laptop.kernelLog.filter((line) => line.includes('Out of memory: Killed'));
  const hint = [`${freeMemory(laptop)}${told} (emulated)`, ...killed.map((x) => `kernel: ${x}`)];
  return new UserError(
    `${runner.name} ran out of memory: its kernel killed the program at ${kilobytes(maxRssKb * 1024)}`,
    { hint: [...hint, commandText(job, args)].join('\n') },
  );
}

function commandText({ runner }: Job, args: readonly string[]): string {
  const where = runner.machine ? ` (inside ${runner.machine.name})` : '';
  return `command: ${[...runner.command, ...args].map(quoted).join(' ')}${where}`;
}

// What a program that failed said last, without its name.
export function lastWords({ stderr, exitCode }: CommandResult): string {
  const line = stderr.trim().split('\n').at(-1);
  return line?.replace(/^legacy_llm: /, '') || `the program ended with exit code ${exitCode}`;
}
