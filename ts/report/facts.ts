// Where and of what a report was made: machine, commit, builds.
import { readFile } from 'node:fs/promises';
import { cpus, release, type } from 'node:os';
import type { Artefact, BuildRecord } from '../build/build.ts';
import { execAny } from '../support/exec.ts';
import { rootDir } from '../support/paths.ts';
import type { BuildFacts, HostFacts } from './data.ts';

// This machine.
export function hostFacts(): HostFacts {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() || 'unknown',
    cores: processors.length,
    kernel: `${type()} ${release()}`,
    node: process.version,
  };
}

// The commit of the checkout, and whether files differ from it; unknown where there is no git.
export async function commitFacts(): Promise<{ commit: string; uncommitted: boolean }> {
  const head = await git('rev-parse', 'HEAD');
  const changes = await git('status', '--porcelain', '--untracked-files=no');
  return { commit: head?.trim() ?? 'unknown', uncommitted: (changes ?? '').trim() !== '' };
}

async function git(...args: string[]): Promise<string | undefined> {
  try {
    const { exitCode, stdout } = await execAny('git', args, { cwd: rootDir });
    return exitCode === 0 ? stdout : undefined;
  } catch {
    return undefined;
  }
}

// Compiler, flags and size of what was built.
export async function buildFacts({ target, record }: Artefact): Promise<BuildFacts> {
  const built = JSON.parse(await readFile(record, 'utf8')) as BuildRecord;
  const carried = Object.entries(built.outputs).filter(([name]) => name !== 'package.json');
  return {
    target: target.name,
    title: target.title,
    compiler: built.compiler.version,
    libc: built.libc,
    flags: [...target.flags],
    bytes: carried.reduce((sum, [, { bytes }]) => sum + bytes, 0),
  };
}
