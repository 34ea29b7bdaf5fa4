// The text that a training uses when no other is named.
import path from 'node:path';
import { UserError } from '../support/errors.ts';
import { exec } from '../support/exec.ts';
import { exists } from '../support/files.ts';
import { displayPath, rootDir } from '../support/paths.ts';

// The bundled stories, as a person in the checkout would write their path.
export const sampleText = displayPath(path.join(rootDir, 'data', 'tiny_stories_sample.txt'));

// Writes stories of the grammar, at least so much text ("200MB"), and gives what `npm run data` says.
export async function tellStories(size: string, seed: number, file: string): Promise<string> {
  const script = path.join(rootDir, 'scripts', 'stories', 'generate.mjs');
  const args = [script, '--size', size, '--seed', String(seed), '--out', file];
  return (await exec(process.execPath, args, { what: 'telling stories' })).stdout;
}

// The absolute path of a text that is there.
export async function textFile(file: string): Promise<string> {
  const text = path.resolve(file);
  if (await exists(text)) return text;
  throw new UserError(`there is no text at ${displayPath(text)}`, {
    hint: 'Name another with --text, or make stories: npm run data -- --out FILE.',
    exitCode: 2,
  });
}
