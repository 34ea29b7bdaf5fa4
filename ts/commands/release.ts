// `legacy-llm release`: a folder with all that is handed to others, and the sums of its files.
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { checkFolder } from '../../scripts/output.mjs';
import { checkAgain } from '../release/check.ts';
import {
  checkReleaseFolder,
  type Lacking,
  lackingOf,
  makeRelease,
  releaseDir,
} from '../release/make.ts';
import { findPart, type MadePart, type Part, parts } from '../release/rows.ts';
import { checkClean, commitOf } from '../release/source.ts';
import { namesOf } from '../support/arguments.ts';
import { UserError } from '../support/errors.ts';
import { displayPath, rootDir } from '../support/paths.ts';
import { createProgress } from '../support/progress.ts';

interface Options {
  only?: string[];
  out: string;
  check?: boolean;
}

// Adds the command to the program.
export function registerRelease(program: Command): void {
  program
    .command('release')
    .description(
      'make a folder with all that is handed to others: images, programs, sources, SHA-256 sums;\n' +
        'the same commit gives the same bytes',
    )
    .option('--only <parts>', `make only these: ${namesOfParts(parts, ', ')}`, namesOf('a part'))
    .option('--out <folder>', 'where it goes', releaseDir)
    .option('--check', 'make all of it once more, in another folder, and compare the bytes')
    .action(run);
}

function namesOfParts(some: readonly Part[], between: string): string {
  return some.map(({ name }) => name).join(between);
}

async function run({ only, out, check }: Options): Promise<void> {
  const chosen = only ? parts.filter((part) => only.map(findPart).includes(part)) : parts;
  const folder = path.resolve(out);
  await checkFolder(folder, '--out');
  await checkReleaseFolder(folder);
  if (await commitOf(rootDir)) await checkClean(rootDir);
  const progress = createProgress();
  try {
    const lacking = await lackingOf(chosen, (line) => progress.line(line));
    if (lacking.length > 0) throw lacks(chosen, lacking);
    const made = await makeRelease(chosen, folder, progress);
    progress.clear();
    console.log(await describe(made, folder));
    if (check) {
      await checkAgain(chosen, folder, progress);
      progress.clear();
      console.log('made again in another folder: the same bytes');
    }
  } finally {
    progress.clear();
  }
}

function lacks(chosen: readonly Part[], lacking: readonly Lacking[]): UserError {
  const without = chosen.filter((part) => !lacking.some((each) => each.part === part));
  const rest = namesOfParts(without, ',');
  const hint = [
    ...lacking.map(({ part, why }) => `${part.name}: ${why}`),
    ...(rest === '' ? [] : [`What can be made: npm run release -- --only ${rest}`]),
  ];
  const names = namesOfParts(
    lacking.map(({ part }) => part),
    ', ',
  );
  return new UserError(`not made here: ${names}; no release was written`, {
    hint: hint.join('\n'),
  });
}

// A line for each part, and where they are.
async function describe(made: readonly MadePart[], folder: string): Promise<string> {
  const width = Math.max(...made.map(({ part }) => part.name.length));
  const lines = made.map(async ({ part, files }) => {
    const sizes = await Promise.all(files.map(async (name) => stat(path.join(folder, name))));
    const bytes = sizes.reduce((sum, { size }) => sum + size, 0);
    const count = files.length === 1 ? files[0] : `${files.length} files`;
    return `${part.name.padEnd(width)}  ${bytes.toLocaleString('en-US')} bytes, ${count}`;
  });
  return [...(await Promise.all(lines)), `release: ${displayPath(folder)}`].join('\n');
}
