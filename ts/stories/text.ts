// The text that a training uses when no other is named.
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import path from 'node:path';
import { headOf } from '../../scripts/output.mjs';
import type { Kind } from '../../scripts/stories/story.mjs';
import { holdsModel } from '../program/checkpoint.ts';
import { errorCode, reasonOf, UserError } from '../support/errors.ts';
import { exec } from '../support/exec.ts';
import { displayPath, rootDir } from '../support/paths.ts';

// The bundled stories, as a person in the checkout would write their path.
export const sampleText = displayPath(path.join(rootDir, 'data', 'tiny_stories_sample.txt'));

// The words that make a text of the grammar, for Node.
export function storyWords(size: string, seed: number, kind: Kind = {}): string[] {
  const options = Object.entries(kind).flatMap(([name, value]) => {
    if (typeof value === 'boolean') return value ? [`--${name}`] : [];
    return [`--${name}`, String(value)];
  });
  return ['scripts/stories/generate.mjs', '--size', size, '--seed', String(seed), ...options];
}

// Writes stories of the grammar, at least so much text ("200MB"), and gives what `npm run data` says.
export async function tellStories(
  size: string,
  seed: number,
  file: string,
  kind: Kind = {},
): Promise<string> {
  const [script = '', ...words] = storyWords(size, seed, kind);
  const args = [path.join(rootDir, script), ...words, '--out', file];
  return (await exec(process.execPath, args, { what: 'telling stories' })).stdout;
}

// The absolute path of a text that can be read, and more than once.
export function textFile(file: string): Promise<string> {
  const hint = 'Name another with --text, or make stories: npm run data -- --out FILE.';
  return readableFile(file, 'text', hint);
}

// The absolute path of a model that can be read.
export async function modelFile(named: string): Promise<string> {
  const file = await readableFile(named, 'model', 'Name another with --model.');
  if (holdsModel(Buffer.from(await headOf(file), 'latin1'))) return file;
  throw new UserError(`${displayPath(file)} is no model of legacy_llm`, {
    hint: 'Name a checkpoint, or what legacy_llm export has written, GGUF too.',
    exitCode: 2,
  });
}

// The absolute path of a file that can be read and is not empty; `what` it is, for the message.
export async function readableFile(named: string, what: string, hint: string): Promise<string> {
  const file = path.resolve(named);
  const why = await whyUnreadable(file, what);
  if (why === undefined) return file;
  throw new UserError(why, { hint, exitCode: 2 });
}

async function whyUnreadable(file: string, what: string): Promise<string | undefined> {
  const name = displayPath(file);
  try {
    const found = await stat(file);
    if (found.isDirectory()) return `the ${what} ${name} is a folder`;
    if (!found.isFile())
      return `the ${what} ${name} is no ordinary file, and is read more than once`;
    if (found.size === 0) return `the ${what} ${name} is empty`;
    await access(file, constants.R_OK);
    return undefined;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return `there is no ${what} at ${name}`;
    return `the ${what} ${name} cannot be read: ${reasonOf(error)}`;
  }
}
