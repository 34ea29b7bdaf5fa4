// The model that comes with the program: what it was trained on and how (data/stories.json), and the
// steps of making it again.
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import type { Kind } from '../../scripts/stories/story.mjs';
import { longRunTarget } from '../build/targets.ts';
import { exportCommand } from '../program/command_lines.ts';
import { runCommand } from '../runs/run.ts';
import { buildRunner } from '../runs/runners.ts';
import { tellStories } from '../stories/text.ts';
import { UserError } from '../support/errors.ts';
import { sha256File } from '../support/hash.ts';
import { rootDir } from '../support/paths.ts';

// How the model was made, and what came of it.
export interface BundledModel {
  /** Of `npm run data`: size, seed and kind, and the SHA-256 of the text that they make. */
  text: { size: string; seed: number; kind: Kind; sha256: string };
  /** Options of `legacy_llm train`, without files. */
  train: string[];
  /** Options with which the training then went on, as often as it did. */
  further: string[][];
  /** SHA-256 of the checkpoint, and of the model that is exported from it. */
  checkpoint: string;
  model: string;
  /** Options of `legacy_llm generate` with which its stories hold together best. */
  draw: string[];
}

const inData = (name: string) => path.join(rootDir, 'data', name);

// The exported model.
export const bundledModel = inData('stories.llm');
// The log of its training.
export const bundledLog = inData('stories.log');

// What data/stories.json says.
export async function describeBundled(): Promise<BundledModel> {
  return JSON.parse(await readFile(inData('stories.json'), 'utf8')) as BundledModel;
}

// Writes the text that the model was trained on.
export async function writeText({ text }: BundledModel, file: string): Promise<void> {
  await tellStories(text.size, text.seed, file, text.kind);
  expectHash('the text of the stories', text.sha256, await sha256File(file));
}

// Where a training finds and leaves its files.
export interface TrainingFiles {
  text: string;
  checkpoint: string;
  log: string;
}

const RUNNER = { name: longRunTarget, target: longRunTarget };
// The bits are the same with any number of them.
const THREADS = ['--threads', String(availableParallelism())];

// Trains as the model was trained, with further options.
export async function trainBundled(
  { train }: BundledModel,
  { text, checkpoint, log }: TrainingFiles,
  more: readonly string[] = [],
  onStdout?: (line: string) => void,
): Promise<void> {
  const files = ['--text', text, '--out', checkpoint, '--log', log, '--force'];
  const runner = await buildRunner(RUNNER);
  const args = ['train', ...files, ...train, ...THREADS, ...more];
  await runCommand(runner, args, onStdout && { onStdout });
}

// Goes on with the training that trainBundled left, as the model's did.
export async function trainFurther(
  { further }: BundledModel,
  { text, checkpoint, log }: TrainingFiles,
  onStdout?: (line: string) => void,
): Promise<void> {
  const files = ['--text', text, '--resume', checkpoint, '--log', log];
  const runner = await buildRunner(RUNNER);
  for (const options of further) {
    const args = ['train', ...files, ...options, ...THREADS];
    await runCommand(runner, args, onStdout && { onStdout });
  }
}

// Exports the model of a checkpoint, with the words of the text that it learned from.
export async function exportBundled(
  { text, checkpoint }: Pick<TrainingFiles, 'text' | 'checkpoint'>,
  model: string,
): Promise<void> {
  const args = [...exportCommand(checkpoint, model), '--words', text];
  await runCommand(await buildRunner(RUNNER), args);
}

// Throws where something that was made again is not what it was.
export function expectHash(what: string, expected: string, found: string): void {
  if (found === expected) return;
  throw new UserError(`${what} has changed: SHA-256 ${found}, not ${expected}`, {
    hint: 'The story grammar or the arithmetic changed: train the model again and commit the results.',
  });
}
