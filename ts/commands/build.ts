// `legacy-llm build`: builds all targets, or those that --only names.
import type { Command } from 'commander';
import { buildTarget } from '../build/build.ts';
import {
  defaultTargets,
  findTarget,
  groupsOfTargets,
  type Target,
  targets,
} from '../build/targets.ts';
import { namesOf } from '../support/arguments.ts';
import { describeError } from '../support/errors.ts';
import { interruptError, interruptSignal } from '../support/interrupt.ts';
import { createProgress } from '../support/progress.ts';
import { provide } from '../support/setup.ts';

interface Options {
  only?: string[];
  force?: boolean;
  list?: boolean;
}

// Adds the command to the program.
export function registerBuild(program: Command): void {
  program
    .command('build')
    .description('build the program for every target; what is up to date is left alone')
    .option(
      '--only <targets>',
      'build only these: repeat it, or separate names by commas',
      namesOf('a target'),
    )
    .option('--force', 'build even what is up to date')
    .option('--list', 'list the targets and exit')
    .action(async (options: Options) => {
      if (options.list) console.log(listTargets());
      else await buildAll(chooseTargets(options.only), options.force ?? false);
    });
}

// The targets to build: those named, each once, or all that are not hidden.
export function chooseTargets(names: readonly string[] | undefined): Target[] {
  return names ? [...new Set(names)].map(findTarget) : defaultTargets();
}

// The table of --list.
export function listTargets(): string {
  const width = Math.max(...targets.map((target) => target.name.length));
  return targets
    .map((target) => {
      const onDemand = target.hidden ? ' (only with --only)' : '';
      return (
        `${target.name.padEnd(width)}  ${target.title}${onDemand}\n` +
        `${' '.repeat(width)}  ${target.compiler} ${target.flags.join(' ')}`
      );
    })
    .join('\n');
}

// Sets up what the targets need and builds them side by side; all of them are tried, then the first failure is thrown.
async function buildAll(chosen: readonly Target[], force: boolean): Promise<void> {
  await provide(groupsOfTargets(chosen));
  const progress = createProgress();
  const log = (line: string) => progress.line(line);
  const onStep = (target: string, step: string) =>
    progress.update(`building: ${target} ${step}`, 'building');
  const builds = chosen.map((target) => buildTarget(target, { force, log, onStep }));
  const results = await Promise.allSettled(builds);
  progress.clear();
  if (interruptSignal.aborted) throw interruptError();
  const failures = results.filter((result) => result.status === 'rejected');
  for (const failure of failures.slice(1)) console.error(describeError(failure.reason));
  if (failures[0]) throw failures[0].reason;
}
