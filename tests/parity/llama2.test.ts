// A float model of llama2.c writes the same text, by the same logits, in every build; also one whose
// weights are as small and as large as they may be, where an x87 would round a denormal otherwise.
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { fileOf } from '../../ts/runs/job.ts';
import { run } from '../../ts/runs/run.ts';
import { buildRunner, chooseRunners, type Runner, runners } from '../../ts/runs/runners.ts';
import { sha256 } from '../../ts/support/hash.ts';
import {
  type Draw,
  type Llama2Shape,
  largeWeights,
  llama2File,
  llama2Tokenizer,
  pieces,
  randomLlama2,
} from '../llama2_files.ts';
import { testWith } from '../needs.ts';
import { foreignRunners, nativeRunners } from './scenarios.ts';

const even: Llama2Shape = {
  ...{ dim: 32, hidden: 88, layers: 2, heads: 4, kvHeads: 2, vocab: 320, context: 48 },
};
const odd: Llama2Shape = {
  ...{ dim: 30, hidden: 37, layers: 2, heads: 3, kvHeads: 1, vocab: 307, context: 37 },
  ownClassifier: true,
};

// Of any size from 2^-44, which is taken for 0, to 2^8, the largest that there may be.
const wild: Draw = (random) => (random() < 0.5 ? -1 : 1) * 2 ** (52 * random() - 44);
// So small that all products would be denormals.
const small: Draw = (random) => (random() < 0.5 ? -1 : 1) * 2 ** (-34 - 6 * random());

const models = {
  even: llama2File(randomLlama2(even, 1)),
  odd: llama2File(randomLlama2(odd, 2), 1),
  wild: llama2File(randomLlama2(odd, 3, wild)),
  large: llama2File(randomLlama2(even, 4, largeWeights)),
  small: llama2File(randomLlama2(even, 5, small)),
};
type Name = keyof typeof models;
const vocabOf = (name: Name) => (name === 'odd' || name === 'wild' ? odd : even).vocab;

// What a build writes greedily and by draws, and the logits of both.
async function write(row: Runner, name: Name): Promise<string[]> {
  const files = ['--model', 'm.bin', '--tokenizer', 't.bin', '--prompt', 'Once the an'];
  const command = (out: string, ...how: string[]) =>
    ['llama2', ...files, '--tokens', '40', '--out', out, '--dump', `${out}.dump`, ...how] as const;
  const outputs = ['greedy', 'greedy.dump', 'drawn', 'drawn.dump'];
  const result = await run({
    runner: await buildRunner(row),
    commands: [
      command('greedy', '--temperature', '0'),
      command('drawn', '--temperature', '1.5', '--top-p', '0.95', '--top-k', '50', '--seed', '9'),
    ],
    inputs: { 'm.bin': models[name], 't.bin': llama2Tokenizer(pieces(vocabOf(name))) },
    outputs,
  });
  return outputs.map((file) => sha256(fileOf(result, file)));
}

const [host] = chooseRunners(['host']) as [Runner];

// The x87 that keeps its precision, too: a denormal that leaked shows there.
const witness = runners.filter(({ name }) => name === 'p2-witness');
const here = [...nativeRunners, ...witness].filter(({ name }) => name !== 'host');

describe.each(Object.keys(models) as Name[])('a model of llama2.c (%s)', (name) => {
  test('it writes the same in every build', async () => {
    const expected = await write(host, name);
    expect(here.length).toBe(7);
    for (const row of here) expect(await write(row, name), row.name).toEqual(expected);
  });

  testWith(['qemu-ppc-static'], 'install qemu-user-static', 'and on other processors', async () => {
    const expected = await write(host, name);
    for (const row of foreignRunners) expect(await write(row, name), row.name).toEqual(expected);
  });
});

// The text that llama2.c's own test expects of stories260K (test_all.py), and the line end that the
// program adds.
const EXPECTED = 'f5a0e67db7424051520e7d8db9880b3dc2aa13577db570c28805c1b51c42eaf0';
const given = process.env.STORIES260K;

async function writeTheStory(folder: string): Promise<void> {
  const at = (name: string) => path.join(folder, name);
  for (const row of nativeRunners) {
    const files = ['--model', 'stories260K.bin', '--tokenizer', 'tok512.bin'];
    const result = await run({
      runner: await buildRunner(row),
      commands: [['llama2', ...files, '--temperature', '0', '--tokens', '200']],
      inputs: { 'stories260K.bin': at('stories260K.bin'), 'tok512.bin': at('tok512.bin') },
    });
    expect(sha256(result.commands[0].stdout), row.name).toBe(EXPECTED);
  }
}

const title = 'stories260K writes what llama2.c expects, in every build';
if (given === undefined) test.skip(`${title} (not run here: STORIES260K names no folder)`);
else test(title, () => writeTheStory(given));
