// Real llama.cpp reads the GGUF files of our models: the same tokens, and at nearly every place of a
// text the same likeliest next one. It computes in other roundings, so near ties can fall otherwise.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { make } from '../../ts/build/make.ts';
import { longRunTarget } from '../../ts/build/targets.ts';
import { exec } from '../../ts/support/exec.ts';
import { rootDir } from '../../ts/support/paths.ts';
import { runProgram } from '../program/program.ts';
import { stories } from '../stories.ts';
import { temporaryFolderOfSuite } from '../temporary.ts';
import { installLlama, judgeBy, type Positions } from './llama_cpp.ts';

const folder = temporaryFolderOfSuite();
const at = (name: string) => path.join(folder(), name);
let packages = '';

// npm has llama.cpp for this processor and system, as the lock names it.
const here = process.platform === 'linux' && process.arch === 'x64';

// Presets as far as GGUF can express them; trained for long enough that few places are near ties.
const expressible = ['--qk-norm', 'none', '--bigram-rows', '0', '--counts', 'none'];
const models = {
  small: ['--preset', 'small', ...expressible, '--steps', '800'],
  base: ['--preset', 'base', ...expressible, '--steps', '150', '--scheme', 'row'],
  gguf: ['--preset', 'gguf', '--steps', '60'],
} as const;
type Name = keyof typeof models;

async function run(...args: string[]): Promise<void> {
  expect(await runProgram(args, undefined, longRunTarget)).toMatchObject({
    stderr: '',
    exitCode: 0,
  });
}

// What the program predicts in the last windows of the text.
async function positionsOf(model: string, text: string, windows: number): Promise<Positions> {
  const { stdout } = await exec(at('positions'), [model, text, String(windows)]);
  return JSON.parse(stdout) as Positions;
}

const trained = new Map<Name, Promise<Positions>>();

// Trains a model once, into NAME.ckpt.
function positionsOfPreset(name: Name): Promise<Positions> {
  const train = async () => {
    const [out, ...options] = [at(`${name}.ckpt`), ...models[name]];
    await run('train', '--text', stories, '--out', out, '--threads', '2', ...options);
    return positionsOf(out, stories, 48);
  };
  const found = trained.get(name) ?? train();
  trained.set(name, found);
  return found;
}

const shape = ['--preset', 'small', ...expressible, '--steps', '3'];

// A model of these options and its GGUF file make the same tokens of a text.
async function expectSameTokens(text: string, options: readonly string[]): Promise<void> {
  const [model, file] = [at('tokens.ckpt'), at('tokens.gguf')];
  await run('train', '--text', text, '--out', model, '--force', ...options);
  await run('export', '--model', model, '--format', 'gguf', '--out', file);
  const ours = await positionsOf(model, text, 1);
  const { ids } = await judgeBy(packages, file, text, ours, at('tokens'));
  expect(ids).toEqual(ours.tokens);
}

const share = (a: readonly number[], b: readonly number[]) =>
  a.filter((value, i) => value === b[i]).length / a.length;

beforeAll(async () => {
  if (!here) return;
  packages = await installLlama();
  const library = at('liblegacy_llm.a');
  await make(['USE_SSE_BUILD=1', 'lib', `OUT=${at('legacy_llm')}`, `LIB=${library}`]);
  const source = path.join(rootDir, 'tests', 'gguf', 'positions.c');
  const include = path.join(rootDir, 'c', 'include');
  const warnings = ['-Wall', '-Wextra', '-Wpedantic', '-Wconversion', '-Werror'];
  await exec('cc', [
    '-std=c99',
    '-O1',
    ...warnings,
    `-I${include}`,
    source,
    library,
    '-o',
    at('positions'),
  ]);
});

describe.skipIf(!here)('llama.cpp', () => {
  test.each<[Name, string]>([
    ['small', 'q2_0'],
    ['small', 'f32'],
    ['base', 'q4_0'],
    ['base', 'q2_0'],
    ['gguf', 'tq1_0'],
    ['gguf', 'tq2_0'],
  ])('predicts by the model of preset %s as %s what we predict', async (name, type) => {
    const ours = await positionsOfPreset(name);
    const [model, file] = [at(`${name}.ckpt`), at(`${name}.${type}.gguf`)];
    await run('export', '--model', model, '--format', 'gguf', '--type', type, '--out', file);
    const theirs = await judgeBy(packages, file, stories, ours, at(`${name}.${type}`));
    expect(theirs.ids).toEqual(ours.tokens);
    expect(ours.best.length).toBeGreaterThanOrEqual(3000);
    expect(share(ours.best, theirs.best)).toBeGreaterThanOrEqual(0.985);
    expect(Math.abs(ours.loss - theirs.loss)).toBeLessThan(0.002);
  });

  test('has the characters of other alphabets, and the token between documents', async () => {
    const text = at('text');
    const line = "Öl und Käse: 5 € für 東京. ¿Qué? “Ja” – nein… 😀 don't\n\n";
    writeFileSync(text, line.repeat(60));
    const options = [...shape, '--separator', '\\n\\n'];
    for (const tokenizer of ['chars', 'bytes']) {
      await expectSameTokens(text, [...options, '--tokenizer', tokenizer]);
    }
  });

  test('has the pairs of bytes of the whole sample, where documents are apart', async () => {
    const pairs = ['--tokenizer', 'bpe', '--vocab', '512', '--separator', '\\n\\n'];
    await expectSameTokens(stories, [...shape, ...pairs]);
  });
});
