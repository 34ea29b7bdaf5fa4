// Runs a job inside an emulated laptop, in one boot.
import type { Machine } from '../guest/machines.ts';
import { type GuestJob, type GuestRun, runGuest } from '../guest/run.ts';
import type { CommandResult, Job, JobResult } from './job.ts';

// Runs all commands, also those after one that fails.
export async function runInLaptop(machine: Machine, job: Job): Promise<JobResult> {
  const result = await runGuest(guestJob(machine, job));
  const { cpu, memTotalKb, memAvailableKb, killedForMemory, kernelLog, hostSeconds } = result;
  return {
    commands: result.runs.map(commandResult),
    files: byName(result.outputs),
    missing: byName(result.missing),
    laptop: { cpu, memTotalKb, memAvailableKb, killedForMemory, kernelLog },
    hostSeconds,
  };
}

// The job as a laptop gets it.
export function guestJob(machine: Machine, job: Job): GuestJob {
  const { runner, inputs = {}, outputs = [] } = job;
  const [args = [], ...commands] = job.commands;
  return {
    ...{ machine, args, commands },
    program: runner.command.at(-1) ?? '',
    inputs: Object.fromEntries(Object.entries(inputs).map(([name, from]) => [inside(name), from])),
    outputs: outputs.map(inside),
    grantAllMemory: job.memoryClaim !== undefined,
    ...(job.onStdout && { onStdout: job.onStdout }),
    ...(job.onPhase && { onPhase: job.onPhase }),
  };
}

// The programs of the laptop start in its root folder.
function inside(name: string): string {
  return `/${name}`;
}

function byName<Of>(files: ReadonlyMap<string, Of>): Map<string, Of> {
  return new Map([...files].map(([file, value]) => [file.slice(1), value]));
}

function commandResult({ exitCode, ...run }: GuestRun): CommandResult {
  return { ...run, exitCode: exitCode ?? 128 + (run.signal ?? 0), seconds: Number.NaN };
}
