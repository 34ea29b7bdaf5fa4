// How well the stories of a model hold together, beside those of the grammar that continue the same
// beginnings: scripts/stories/check.mjs says what is measured.
import pMap from 'p-map';
import { createChecker, figures } from '../../scripts/stories/check.mjs';
import { createTeller, type Kind } from '../../scripts/stories/story.mjs';
import type { BuiltRunner } from '../runs/job.ts';
import { runCommand } from '../runs/run.ts';
import { parseObject } from '../support/json.ts';
import { markdownTable } from '../support/markdown.ts';

// Which stories are asked for.
export interface StoryTest {
  /** A checkpoint or an exported model. */
  model: string;
  /** So many, each with a beginning and a seed of its own. */
  count: number;
  /** Seed of the grammar's stories, whose first sentences are the beginnings. */
  seed: number;
  /** Of these stories. */
  kind: Kind;
  /** Options of `legacy_llm generate` that say how tokens are drawn. */
  draw: readonly string[];
  jobs: number;
  onStory: (done: number) => void;
}

// Longer than any story.
const MOST_TOKENS = 1200;
const BROKEN_OFF = '--';
const SEPARATOR = '\\n\\n';

// The stories of the grammar, and what the model makes of their first sentences.
export async function writeStories(runner: BuiltRunner, test: StoryTest) {
  const tell = createTeller(test.seed, test.kind);
  const told = Array.from({ length: test.count }, (_, index) => tell(index));
  let done = 0;
  const each = async (story: string, index: number) => {
    const written = await continueStory(runner, beginningOf(story), index + 1, test);
    test.onStory(++done);
    return written;
  };
  const written = await pMap(told, each, { concurrency: test.jobs });
  return { told, written };
}

// The first sentence of a story.
export function beginningOf(story: string): string {
  return /^.*?[.!?]"?(?=\s+[^a-z])/.exec(story)?.[0] ?? story;
}

async function continueStory(
  runner: BuiltRunner,
  prompt: string,
  seed: number,
  { model, draw }: StoryTest,
): Promise<string> {
  const place = ['generate', '--model', model, '--prompt', prompt, '--seed', String(seed)];
  const length = ['--tokens', String(MOST_TOKENS), '--stop', SEPARATOR, '--json'];
  const { stdout } = await runCommand(runner, [...place, ...length, ...draw]);
  return storyOf(stdout);
}

// The story in what `generate --json` prints; one that the model did not end breaks off.
export function storyOf(output: string): string {
  for (const line of output.split('\n')) {
    const { event, text, end } = parseObject(line) ?? {};
    if (event === 'generate' && typeof text === 'string') {
      return end === 'stop' || end === 'document' ? text : `${text} ${BROKEN_OFF}`;
    }
  }
  throw new Error('generate printed no text');
}

// The figures of both as a table.
export function comparisonText(written: readonly string[], told: readonly string[]): string {
  const check = createChecker();
  const [model, grammar] = [written, told].map((stories) => figures(stories.map(check)));
  const rows = (model ?? []).map(([name, value], at) => [name, value, grammar?.[at]?.[1] ?? '']);
  return markdownTable(['', 'the model (host)', 'stories of the grammar'], rows);
}
