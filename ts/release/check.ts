// Makes a release once more, all of it in another folder: a clone of the same commit compiles, packs
// and compares byte by byte. What is expensive and kept by its content, the kernels and compilers, comes
// from the same cache; the program itself is compiled again.
import { readFile, symlink } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../support/errors.ts';
import { exec } from '../support/exec.ts';
import { rootDir } from '../support/paths.ts';
import type { Progress } from '../support/progress.ts';
import { withScratch } from '../support/scratch.ts';
import { SUMS } from './make.ts';
import { type Part, targetsOfPart } from './rows.ts';

// Throws a UserError that names the files that are others when they are made again.
export function checkAgain(
  parts: readonly Part[],
  folder: string,
  progress: Progress,
): Promise<void> {
  return withScratch('again', async (work) => {
    const clone = path.join(work, 'a clone');
    const again = path.join(work, 'release');
    progress.update('cloning this commit', 'again');
    await exec('git', ['clone', '--quiet', '--no-hardlinks', rootDir, clone], { what: 'clone' });
    await symlink(path.join(rootDir, 'node_modules'), path.join(clone, 'node_modules'));
    const onStderr = (line: string) => progress.update(`again: ${line}`, line);
    const inClone = (what: string, ...words: string[]) => {
      const command = ['scripts/legacy-llm.mjs', ...words];
      return exec(process.execPath, command, { cwd: clone, onStderr, what });
    };
    const targets = [...new Set(parts.flatMap(targetsOfPart))].join(',');
    if (targets) await inClone('build it again', 'build', '--force', '--only', targets);
    const names = parts.map(({ name }) => name).join(',');
    await inClone('make the release again', 'release', '--only', names, '--out', again);
    await compare(folder, again);
  });
}

async function compare(folder: string, again: string): Promise<void> {
  const lines = async (of: string) =>
    (await readFile(path.join(of, SUMS), 'utf8')).split('\n').filter(Boolean);
  const second = new Set(await lines(again));
  const others = (await lines(folder)).filter((line) => !second.has(line));
  if (others.length === 0) return;
  throw new UserError('made again in another folder, the release has other bytes', {
    hint: others.map((line) => line.slice(66)).join('\n'),
  });
}
