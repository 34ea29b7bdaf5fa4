// Runs a job on this machine, natively or under Node.
import { readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from '../support/errors.ts';
import { execAny } from '../support/exec.ts';
import { withScratch } from '../support/scratch.ts';
import type { CommandResult, Job, JobResult } from './job.ts';

// Runs the commands up to the first that fails.
export async function runNatively(job: Job): Promise<JobResult> {
  const { inputs = {}, outputs = [] } = job;
  if (Object.keys(inputs).length + outputs.length === 0) return runIn(undefined, job);
  return withScratch('run', async (folder) => {
    for (const [name, input] of Object.entries(inputs)) {
      const file = path.join(folder, name);
      if (typeof input === 'string') await symlink(path.resolve(input), file);
      else await writeFile(file, input);
    }
    return runIn(folder, job);
  });
}

async function runIn(folder: string | undefined, job: Job): Promise<JobResult> {
  const started = performance.now();
  const commands: CommandResult[] = [];
  for (const args of job.commands) {
    const result = await runCommand(folder, job, args);
    commands.push(result);
    if (result.exitCode !== 0) break;
  }
  const hostSeconds = (performance.now() - started) / 1000;
  return { commands, hostSeconds, ...(await bringOut(folder, job.outputs ?? [])) };
}

async function runCommand(
  cwd: string | undefined,
  { runner, onStdout }: Job,
  args: readonly string[],
): Promise<CommandResult> {
  const [file, ...first] = runner.command;
  const { exitCode, signal, stdout, stderr, hostSeconds } = await execAny(
    file,
    [...first, ...args],
    { ...(cwd !== undefined && { cwd }), ...(onStdout && { onStdout }) },
  );
  const unknown = { instructions: Number.NaN, maxRssKb: Number.NaN };
  return { exitCode, signal, stdout, stderr, seconds: hostSeconds, ...unknown };
}

async function bringOut(folder: string | undefined, names: readonly string[]) {
  const files = new Map<string, Buffer>();
  const missing = new Map<string, string>();
  if (folder === undefined) return { files, missing };
  for (const name of names) {
    try {
      files.set(name, await readFile(path.join(folder, name)));
    } catch (error) {
      missing.set(name, errorCode(error) ?? String(error));
    }
  }
  return { files, missing };
}
