// The fuzzers' corpus, each input once, and a few random ones; `make fuzz` and `npm run fuzz` give
// them more.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildFuzzers, fuzz, fuzzers, replayCorpus } from '../../ts/robustness/fuzz.ts';
import { rootDir } from '../../ts/support/paths.ts';
import { createProgress } from '../../ts/support/progress.ts';
import { runCommandLine } from '../commands/command_line.ts';
import { useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();

beforeAll(buildFuzzers);

describe.each(fuzzers())('the fuzzer of %s', (name) => {
  test('finds nothing in its corpus', async () => {
    const files = readdirSync(path.join(rootDir, 'tests', 'fuzz', 'corpus', name));
    expect(files.length).toBeGreaterThanOrEqual(24);
    expect(await replayCorpus(name)).toBe(files.length);
  });

  test('finds nothing in two thousand inputs made from it', async () => {
    const said: string[] = [];
    const progress = createProgress({ write: (text) => said.push(text) });
    const settings = { runs: 2000, seed: 1, places: 1, kept: folder() };
    const [fuzzed] = await fuzz([name], settings, progress);
    expect(fuzzed?.runs).toBeGreaterThanOrEqual(2000);
    expect(said.at(-1)).toMatch(new RegExp(`^${name}: \\d+ runs in .*, nothing found\n$`));
  });
});

test.each([
  [['--only', 'dreams'], /there is no fuzzer "dreams"/],
  [['--runs', '0'], /Give a whole number/],
])('fuzz %j is refused', async (args, says) => {
  const { code, said } = await runCommandLine('fuzz', ...args);
  expect(code).toBe(2);
  expect(said).toMatch(says);
});
