// The program whose trainings are compared, and what has to be known of it for a fair record.
import { readFile } from 'node:fs/promises';
import { sha256File } from '../support/hash.ts';
import type { Progress } from '../support/progress.ts';
import { type BuildRecord, buildTarget } from './build.ts';
import { findTarget, startOf } from './targets.ts';

// A built program.
export interface Program {
  /** What starts it: the program, or Node or Wine with the program. */
  command: readonly [string, ...string[]];
  target: string;
  /** Compiler, version and flags. */
  compiler: string;
  sha256: string;
}

// Builds a target unless it is up to date.
export async function builtProgram(name: string, progress: Progress): Promise<Program> {
  const target = findTarget(name);
  const onStep = (_: string, step: string) => progress.update(`building ${name}: ${step}`, name);
  const { program, record } = await buildTarget(target, { onStep });
  const { compiler } = JSON.parse(await readFile(record, 'utf8')) as BuildRecord;
  return {
    command: startOf(target, program),
    target: name,
    compiler: `${compiler.version}, ${target.flags.join(' ')}`,
    sha256: await sha256File(program),
  };
}
