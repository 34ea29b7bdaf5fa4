// The text that a training uses when no other is named.
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import path from 'node:path';
import { errorCode, reasonOf, UserError } from '../support/errors.ts';
import { exec } from '../support/exec.ts';
import { displayPath, rootDir } from '../support/paths.ts';

// The bundled stories, as a person in the checkout would write their path.
export const sampleText = displayPath(path.join(rootDir, 'data', 'tiny_stories_sample.txt'));

// Writes stories of the grammar, at least so much text ("200MB"), and gives what `npm run data` says.
export async function tellStories(size: string, seed: number, file: string): Promise<string> {
  const script = path.join(rootDir, 'scripts', 'stories', 'generate.mjs');
  const args = [script, '--size', size, '--seed', String(seed), '--out', file];
  return (await exec(process.execPath, args, { what: 'telling stories' })).stdout;
}

// The absolute path of a text that can be read, and more than once.
export async function textFile(file: string): Promise<string> {
  const text = path.resolve(file);
  const why = await whyUnreadable(text);
  if (why === undefined) return text;
  throw new UserError(why, {
    hint: 'Name another with --text, or make stories: npm run data -- --out FILE.',
    exitCode: 2,
  });
}

// The absolute path of a model that can be read.
export async function modelFile(file: string): Promise<string> {
  const model = path.resolve(file);
  const why = await whyUnreadable(model, 'model');
  if (why === undefined) return model;
  throw new UserError(why, { hint: 'Name another with --model.', exitCode: 2 });
}

async function whyUnreadable(file: string, what = 'text'): Promise<string | undefined> {
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
