// Texts as numbers and back: the published example, and every file of the repository.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { rootDir } from '../../ts/support/paths.ts';
import { stories } from '../stories.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { onlyLine, runProgram } from './program.ts';

const folder = useTemporaryFolder();
const at = (name: string) => path.join(folder(), name);

async function run(...args: string[]): Promise<string> {
  const result = await runProgram(args);
  expect(result).toMatchObject({ stderr: '', exitCode: 0 });
  return result.stdout;
}

// The files of the project's folders, also where there is no git to list them.
function repositoryFiles(): string[] {
  const folders = ['c', 'data', 'docs', 'emu', 'examples', 'scripts', 'tests', 'ts'];
  const entries = folders.flatMap((name) =>
    readdirSync(path.join(rootDir, name), { recursive: true, withFileTypes: true }),
  );
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

describe('encode and decode', () => {
  test('"aaabdaaabac" with three merges gives the published tokens', async () => {
    writeFileSync(at('text'), 'aaabdaaabac');
    const bpe = ['--tokenizer', 'bpe', '--vocab', '259'];
    expect(await run('encode', '--text', at('text'), ...bpe)).toBe('258 100 258 97 99\n');
  });

  test.each([
    ['bpe', ['--vocab', '700', '--separator', '\\n\\n']],
    ['bytes', []],
  ])('every file of the repository comes back from %s', async (kind, settings) => {
    const learned = at('t.tok');
    await run('tokenizer', '--text', stories, '--tokenizer', kind, ...settings, '--out', learned);
    const texts = repositoryFiles()
      .map((file) => readFileSync(file))
      .filter(({ length }) => length > 0);
    expect(texts.length).toBeGreaterThan(300);
    for (let first = 0; first < texts.length; first += 40) {
      const some = Buffer.concat(texts.slice(first, first + 40));
      writeFileSync(at('text'), some);
      const by = ['--tokenizer', learned];
      await run('encode', '--text', at('text'), ...by, '--out', at('numbers'));
      // By force, as what came back before may begin like a model.
      await run('decode', '--text', at('numbers'), ...by, '--out', at('back'), '--force');
      expect(readFileSync(at('back')).equals(some)).toBe(true);
    }
  });

  test.each([
    ['258 x', /number 2 of .* is not a token: this tokenizer has the tokens 0 to 258/],
    ['259', /number 1 of .* is not a token/],
    ['99999999999999', /number 1 of .* is not a token/],
    ['1 -1', /number 2 of .* is not a token/],
  ])('numbers that are no tokens are refused: %s', async (numbers, says) => {
    writeFileSync(at('text'), 'aaabdaaabac');
    const bpe = ['--tokenizer', 'bpe', '--vocab', '259'];
    await run('tokenizer', '--text', at('text'), ...bpe, '--out', at('t.tok'));
    writeFileSync(at('numbers'), numbers);
    const args = ['decode', '--text', at('numbers'), '--tokenizer', at('t.tok')];
    const result = await runProgram([...args, '--out', at('back')]);
    expect(result.exitCode).toBe(2);
    expect(onlyLine(result)).toMatch(says);
  });

  test('decode asks for a tokenizer that is there', async () => {
    const result = await runProgram(['decode', '--text', stories, '--tokenizer', 'bpe']);
    expect(result.exitCode).toBe(2);
    expect(onlyLine(result)).toMatch(/give --model, or --tokenizer FILE/);
  });
});
