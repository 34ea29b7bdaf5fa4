// `npm run stories`: lets a model go on with the first sentences of stories of the grammar, and
// measures how well what it tells holds together, beside the stories themselves.
import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { checkOutputs } from '../../scripts/output.mjs';
import type { Kind } from '../../scripts/stories/story.mjs';
import { longRunTarget } from '../build/targets.ts';
import { type BundledModel, bundledModel, describeBundled } from '../bundled/bundled.ts';
import { buildRunner } from '../runs/runners.ts';
import { comparisonText, writeStories } from '../stories/held_together.ts';
import { modelFile } from '../stories/text.ts';
import { decimalUpTo, numberIn, parseCount, wholeNumber } from '../support/arguments.ts';
import { writeFileAtomic } from '../support/files.ts';
import { displayPath } from '../support/paths.ts';
import { createProgress } from '../support/progress.ts';
import { provide } from '../support/setup.ts';

interface StoriesOptions {
  model: string;
  count: number;
  seed: number;
  names?: number;
  chains?: number;
  heroes?: boolean;
  temperature?: string;
  topP?: string;
  jobs: number;
  out?: string;
  force?: boolean;
}

const MOST_STORIES = 100_000;
const DEFAULT_DRAW = '(default: what suits the bundled model)';
const DEFAULT_COUNT = 200;
// Of stories that the bundled model was not trained on.
const DEFAULT_SEED = 4_000_000_000;

// Adds the command to the program.
export function registerStories(program: Command): void {
  program
    .command('stories')
    .description('let a model tell stories, and measure how well they hold together')
    .option('--model <file>', 'a checkpoint or an exported model', displayPath(bundledModel))
    .option('--count <n>', 'stories to tell', numberIn([1, MOST_STORIES]), DEFAULT_COUNT)
    .option('--seed <n>', "seed of the grammar's stories", wholeNumber, DEFAULT_SEED)
    .option('--names <n>', 'names of girls in them (default: as in the bundled text)', parseCount)
    .option('--chains <n>', 'chain tales of a hundred (default: as in the bundled text)', percent)
    .option('--heroes', 'only such that keep their hero (default: as in the bundled text)')
    .option('--temperature <x>', `of the draw ${DEFAULT_DRAW}`, decimalUpTo(100))
    .option('--top-p <x>', `of the draw ${DEFAULT_DRAW}`, decimalUpTo(1))
    .option('--jobs <n>', 'stories at the same time', parseCount, availableParallelism())
    .option('--out <file>', 'also write the stories to this file')
    .option('--force', 'write over what --out would not replace by itself')
    .action(stories);
}

const percent = numberIn([0, 100]);

// The kind of stories that the bundled model was trained on, unless others are asked for.
function kindOf({ text }: BundledModel, { names, chains, heroes }: StoriesOptions): Kind {
  return {
    ...text.kind,
    ...(names !== undefined && { names }),
    ...(chains !== undefined && { chains }),
    ...(heroes && { heroes }),
  };
}

// How the stories of the bundled model hold together best, unless it is asked for otherwise.
function drawOf({ draw }: BundledModel, { temperature, topP }: StoriesOptions): string[] {
  const asked = { '--temperature': temperature, '--top-p': topP };
  const given = Object.entries(asked).flatMap(([name, value]) => (value ? [name, value] : []));
  return [...draw, ...given]; // of two, the last counts
}

async function stories(options: StoriesOptions): Promise<void> {
  const { count, seed, jobs, out, force } = options;
  const model = await modelFile(options.model);
  if (out !== undefined) {
    const output = { path: out, option: '--out', force: force ?? false };
    await checkOutputs([output], [{ path: model, option: '--model' }]);
  }
  await provide(['host']);
  const progress = createProgress();
  try {
    const runner = await buildRunner({ name: longRunTarget, target: longRunTarget });
    const onStory = (done: number) =>
      progress.update(`${done} of ${count} stories`, String(Math.floor((done * 4) / count)));
    const bundled = await describeBundled();
    const asked = { kind: kindOf(bundled, options), draw: drawOf(bundled, options) };
    const test = { model, count, seed, ...asked, jobs, onStory };
    const { told, written } = await writeStories(runner, test);
    progress.clear();
    if (out !== undefined) await writeFileAtomic(out, `${written.join('\n\n')}\n`);
    console.log(comparisonText(written, told));
  } finally {
    progress.clear();
  }
}
