// The model that comes with the program: it is what its description says, its training begins again
// as it began, and it writes words and sentences, the same in every build and in the laptops.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  bundledLog,
  bundledModel,
  describeBundled,
  trainBundled,
  writeText,
} from '../../ts/bundled/bundled.ts';
import { run } from '../../ts/runs/run.ts';
import {
  buildRunner,
  chooseRunners,
  isForeign,
  type Runner,
  runners,
  whyNotHere,
} from '../../ts/runs/runners.ts';
import { sha256 } from '../../ts/support/hash.ts';
import { rootDir } from '../../ts/support/paths.ts';
import { temporaryFolderOfSuite, useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();
const made = temporaryFolderOfSuite();
let text: Promise<string> | undefined;

// The file of the text that the model was trained on, made once.
function storiesFile(): Promise<string> {
  const make = async () => {
    const file = path.join(made(), 'stories.txt');
    await writeText(await describeBundled(), file);
    return file;
  };
  text ??= make();
  return text;
}

const prompts = ['One day', 'The old fox', 'Mara had a kite', '"Where is my hat?" asked'];

// Prompts as `generate -i` reads them, and how it is to go on.
const manner = ['--tokens', '40', '--seed', '5'];

const MODEL = 'stories.llm';

function runnerNamed(wanted: string): Runner {
  return runners.find(({ name }) => name === wanted) ?? { name: wanted, target: wanted };
}

// What the bundled model writes for each prompt.
async function write(runner: Runner, each: readonly string[], ...args: string[]) {
  const { commands } = await run({
    runner: await buildRunner(runner),
    commands: each.map((prompt) => ['generate', '--model', MODEL, '--prompt', prompt, ...args]),
    inputs: { [MODEL]: bundledModel },
  });
  return commands.map(({ stdout }) => stdout);
}

// The words of the text that it was trained on, and those of the bundled stories.
function knownWords(text: string): Set<string> {
  const stories = readFileSync(path.join(rootDir, 'data', 'tiny_stories_sample.txt'), 'utf8');
  return new Set(wordsOf(`${text}\n${stories}`));
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[a-z']+/g) ?? [];
}

describe('the bundled model', () => {
  test('is the file that its description names, a few hundred KB', async () => {
    const bytes = readFileSync(bundledModel);
    expect(sha256(bytes)).toBe((await describeBundled()).model);
    expect(bytes.length).toBeLessThan(500_000);
  });

  test('its text and the beginning of its training are made again to the bit', async () => {
    const bundled = await describeBundled();
    const at = (name: string) => path.join(folder(), name);
    const files = { text: await storiesFile(), checkpoint: at('m.ckpt'), log: at('m.log') };
    await trainBundled(bundled, files, ['--stop-after', '40', '--log-every', '1']);
    const logged = readFileSync(bundledLog, 'utf8').split('\n').slice(0, 2);
    const again = readFileSync(files.log, 'utf8').split('\n');
    expect(logged.map((line) => JSON.parse(line).step)).toEqual([20, 40]);
    expect(again.filter((line) => logged.includes(line))).toEqual(logged);
  });

  test('writes words, sentences, and another story for each prompt', async () => {
    const known = knownWords(readFileSync(await storiesFile(), 'utf8'));
    const stories = await write(runnerNamed('host-sse'), prompts, '--tokens', '200');
    expect(new Set(stories.map((story, i) => story.slice(prompts[i]?.length))).size).toBe(4);
    for (const story of stories) {
      const words = wordsOf(story);
      expect(words.length).toBeGreaterThan(40);
      const right = words.filter((word) => known.has(word)).length / words.length;
      expect(right, story).toBeGreaterThan(0.95);
      expect(story.match(/[.!?]"? /g)?.length ?? 0, story).toBeGreaterThan(3);
    }
  });

  test('writes the same text in every build and in both laptops', async () => {
    const expected = await write(runnerNamed('host'), prompts, ...manner);
    expect(expected).toHaveLength(4);
    const present = chooseRunners().filter((runner) => whyNotHere(runner) === undefined);
    for (const runner of present) {
      const some = runner.machine !== undefined || isForeign(runner) ? 1 : prompts.length;
      const found = await write(runner, prompts.slice(0, some), ...manner);
      expect(found, runner.name).toEqual(expected.slice(0, some));
    }
  });
});
