// `npm run bundled`: makes the bundled model again - its text, its training, its export - and
// compares each with what is in the repository. It takes as long as the training.
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import {
  bundledLog,
  describeBundled,
  expectHash,
  exportBundled,
  trainBundled,
  trainFurther,
  writeText,
} from '../bundled/bundled.ts';
import { sha256File } from '../support/hash.ts';
import { displayPath, imagesDir } from '../support/paths.ts';
import { createProgress, type Progress } from '../support/progress.ts';
import { provide } from '../support/setup.ts';

// Adds the command to the program.
export function registerBundled(program: Command): void {
  program
    .command('bundled')
    .description(
      'train the bundled model again and compare every bit with the committed one (two hours or more)',
    )
    .action(() => makeBundled());
}

async function makeBundled(progress: Progress = createProgress()): Promise<void> {
  const bundled = await describeBundled();
  await provide(['host']);
  const at = (name: string) => path.join(imagesDir, 'bundled', name);
  const files = { text: at('stories.txt'), checkpoint: at('stories.ckpt'), log: at('stories.log') };
  const model = at('stories.llm');
  try {
    progress.update('telling the stories', 'text');
    await mkdir(path.dirname(files.text), { recursive: true });
    await writeText(bundled, files.text);
    const onLine = (line: string) => progress.update(line, line.slice(0, 9));
    await trainBundled(bundled, files, [], onLine);
    await trainFurther(bundled, files, onLine);
    progress.clear();
    expectHash('the checkpoint', bundled.checkpoint, await sha256File(files.checkpoint));
    await exportBundled(files, model);
    expectHash('the model', bundled.model, await sha256File(model));
    expectHash('the log', await sha256File(bundledLog), await sha256File(files.log));
    console.log(
      `text, checkpoint, log and model are the same bytes as before: ${displayPath(model)}`,
    );
  } finally {
    progress.clear();
  }
}
