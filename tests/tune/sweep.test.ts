// The sweep file: what its keys mean, and the one line that each mistake gets.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { longRunTarget } from '../../ts/build/targets.ts';
import { UserError } from '../../ts/support/errors.ts';
import { parseSweep, readSweep } from '../../ts/tune/sweep.ts';
import { useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();

const whole = `
name: layers against width
method: bayes
metric: {name: held_out_bits_per_byte, goal: minimize}
run_cap: 12
seed: 7
batch: 3
machine: p3-32
target: host
minutes: 5
text: story.txt
budget: {tokens: 100000, ram: 16MB}
parameters:
  preset: {value: tiny}
  embedding_lr: {min: 0.001, max: 0.1, distribution: log_uniform_values}
  dim: {values: [32, 64]}
early_terminate: {type: hyperband, s: 1, eta: 4}
`;

test('a whole sweep, as YAML and as JSON', () => {
  const sweep = parseSweep(whole, 'a.yaml');
  expect(sweep).toMatchObject({
    ...{ name: 'layers against width', target: 'host', minutes: 5, text: 'story.txt' },
    metric: { name: 'held_out_bits_per_byte', goal: 'minimize' },
    budget: { tokens: 100_000, ram: 16 * 2 ** 20 },
    machine: { name: 'p3-32', ramMb: 32 },
    search: {
      ...{ method: 'bayes', goal: 'minimize', runCap: 12, seed: 7, generation: 3 },
      halving: { eta: 4, rungs: [1 / 4, 1] },
    },
  });
  expect(sweep.search.space.map(({ name }) => name)).toEqual(['preset', 'embedding_lr', 'dim']);
  const json = JSON.stringify({ method: 'grid', parameters: { dim: { values: [32, 64] } } });
  const short = parseSweep(json, 'b.json');
  expect(short).toMatchObject({
    ...{ name: 'b.json', target: longRunTarget, budget: {} },
    metric: { name: 'held_out_loss', goal: 'minimize' },
    machine: { name: 'p3-64' },
  });
});

test('the text is looked for beside the sweep', async () => {
  const file = path.join(folder(), 'a.yaml');
  writeFileSync(file, `\ufeff${whole}`);
  expect((await readSweep(file)).text).toBe(path.join(folder(), 'story.txt'));
});

const without = (key: string) => whole.replace(new RegExp(`^${key}:.*\n`, 'm'), '');
const replaced = (key: string, value: string) =>
  whole.replace(new RegExp(`^${key}:.*`, 'm'), `${key}: ${value}`);

describe('each mistake is one line that names it', () => {
  test.each([
    ['methd: grid\n', 'unknown key `methd`'],
    [`${whole}program: train.py\n`, 'unknown key `program`'],
    [replaced('method', 'anneal'), '`method` must be one of grid, random, bayes'],
    [without('run_cap'), 'method bayes needs run_cap'],
    [replaced('method', 'grid'), 'embedding_lr'],
    [replaced('run_cap', '0'), '`run_cap` must be a whole number from 1 to 100000'],
    [replaced('run_cap', 'many'), '`run_cap` must be a whole number from 1 to 100000'],
    [replaced('metric', '{name: accuracy}'), 'no training has a metric `accuracy`'],
    [replaced('metric', '{name: loss, goal: less}'), '`goal` of `metric` must be minimize or'],
    [replaced('metric', '{name: loss, aim: less}'), 'unknown key `aim` in `metric`'],
    [replaced('metric', 'loss'), '`metric` must be an object'],
    [replaced('machine', 'p4'), 'there is no machine "p4"'],
    [replaced('target', 'p9'), 'p9'],
    [replaced('seed', '-1'), '`seed` must be a whole number from 0 to 4294967295'],
    [replaced('budget', '{tokens: 1, steps: 1}'), '`budget` has steps and tokens: give one'],
    [replaced('budget', '{tokens: 1.5}'), '`tokens` of `budget` must be a whole number above 0'],
    [replaced('budget', '{hours: 0}'), '`hours` of `budget` must be a number above 0'],
    [replaced('budget', '{ram: 16}'), '`ram` of `budget` must be a size such as 32MB'],
    [replaced('budget', '{time: 3}'), 'unknown key `time` in `budget`'],
    [replaced('minutes', '0'), '`minutes` must be a number above 0'],
    [replaced('budget', '7'), '`budget` must be an object'],
    [replaced('early_terminate', '{type: median}'), 'with `type: hyperband`'],
    [replaced('  dim', '{min: 64, max: 32}'), 'dim'],
    [whole.replace('dim:', 'width:'), 'a training has no parameter `width`'],
    [whole.replace('dim:', 'embedding-lr:'), 'the parameter `embedding-lr` is there twice'],
    [whole.replace('  dim:', '  steps:'), 'how long a trial is, and so does the parameter `steps`'],
    ['[1, 2]', 'it must be an object with `method` and `parameters`'],
    ['', 'it must be an object with `method` and `parameters`'],
    ['method: [', 'at line 1'],
    ['{"method": "grid", "method": "random"}', 'Map keys must be unique'],
  ])('%#: %s', (source, words) => {
    const error = mistakeOf(() => parseSweep(source, 'a.yaml'));
    expect(error.message).toContain(words);
    expect(error.message).toMatch(/^a\.yaml: [^\n]+$/);
    expect(error.exitCode).toBe(2);
  });
});

test('a sweep file that is not there names one to begin with', async () => {
  const file = path.join(folder(), 'none.yaml');
  await expect(readSweep(file)).rejects.toMatchObject({
    message: `${file}: there is no sweep file that can be read`,
    exitCode: 2,
  });
});

function mistakeOf(work: () => unknown): UserError {
  try {
    work();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('it was taken');
}
