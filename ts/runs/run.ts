// Runs a job wherever its runner is, and gives what came of it in one shape.
import { checkSucceeded } from './failure.ts';
import type { BuiltRunner, CommandLines, CommandResult, Job, JobResult } from './job.ts';
import { runInLaptop } from './laptop.ts';
import { runNatively } from './native.ts';

// Runs a job to its end and gives its result, failed or not; throws when it cannot be started. On
// this machine no command follows one that failed.
export function runAny(job: Job): Promise<JobResult> {
  const { machine } = job.runner;
  return machine ? runInLaptop(machine, job) : runNatively(job);
}

// Runs a job and throws a UserError unless all of it succeeds.
export async function run<const Commands extends CommandLines>(
  job: Job<Commands>,
): Promise<JobResult<Commands>> {
  const result = await runAny(job);
  checkSucceeded(job, result);
  return result as JobResult<Commands>;
}

// What a run of a single command may have beside its words.
export type CommandOptions = Pick<Job, 'what' | 'onStdout'>;

// Runs one command that leaves no files to bring out; throws a UserError unless it succeeds.
export async function runCommand(
  runner: BuiltRunner,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return (await run({ runner, commands: [args], ...options })).commands[0];
}

// The same, but one that fails is a result.
export async function runCommandAny(
  runner: BuiltRunner,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const [result] = (await runAny({ runner, commands: [args], ...options })).commands;
  if (!result) throw new Error('the command was not run');
  return result;
}
