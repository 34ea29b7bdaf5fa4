// Runs the native program, for the tests of what it says and leaves behind.
import { type Artefact, buildTarget } from '../../ts/build/build.ts';
import { findTarget, startOf } from '../../ts/build/targets.ts';
import type { ExecResult } from '../../ts/support/exec.ts';
import { execPlain } from '../exec.ts';

// A small shape that trains in a moment.
export const small = [
  ...['--layers', '1', '--heads', '2', '--dim', '16', '--context', '16'],
  ...['--batch', '2', '--bigram-rows', '64', '--counts', 'none'],
];

const built = new Map<string, Promise<Artefact>>();

// The program of a target. No test changes the sources, so they are looked at once in each file.
export async function programOf(target = 'host'): Promise<string> {
  const artefact = built.get(target) ?? buildTarget(findTarget(target));
  built.set(target, artefact);
  return (await artefact).program;
}

// Runs the program of a target with these arguments in a folder.
export async function runProgram(
  args: readonly string[],
  cwd?: string,
  target?: string,
): Promise<ExecResult> {
  const [file, ...first] = startOf(findTarget(target ?? 'host'), await programOf(target));
  return execPlain(file, [...first, ...args], cwd === undefined ? {} : { cwd });
}

// The one line that a refusal must be: from the program, naming what it must.
export function onlyLine({ stderr }: Pick<ExecResult, 'stderr'>): string {
  const lines = stderr.trimEnd().split('\n');
  if (lines.length !== 1 || !lines[0]?.startsWith('legacy_llm: ')) {
    throw new Error(`not one line of the program: ${stderr}`);
  }
  return lines[0];
}
