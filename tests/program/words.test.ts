// Lists of words: what a model that has one writes, where the list comes from, and what is refused.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCheckpoint, sectionValues } from '../../ts/program/checkpoint.ts';
import { crc32 } from '../../ts/support/crc.ts';
import type { ExecResult } from '../../ts/support/exec.ts';
import { stories } from '../stories.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { onlyLine, runProgram, small } from './program.ts';

const folder = useTemporaryFolder();
const at = (name: string) => path.join(folder(), name);

async function good(args: readonly string[], target?: string): Promise<string> {
  const result = await runProgram(args, undefined, target);
  expect(result).toMatchObject({ exitCode: 0, stderr: '' });
  return result.stdout;
}

function expectRefusal(result: ExecResult, says: RegExp): void {
  expect(result.exitCode).toBe(2);
  expect(onlyLine(result)).toMatch(says);
}

// A checkpoint m.ckpt of one step, which writes no words that are any, and m.llm with those of a text.
const TEXT = 'The cat and THE dog. Cats, dogs and mice? A mouse: don’t über 3 Ants!\n';
async function train(...args: string[]): Promise<void> {
  writeFileSync(at('text'), TEXT.repeat(3));
  const sizes = [...small, '--steps', '1', ...args];
  await good(['train', '--text', stories, '--out', at('m.ckpt'), ...sizes]);
  await good(['export', '--model', at('m.ckpt'), '--words', at('text'), '--out', at('m.llm')]);
}
const LIST = ['a', 'and', 'ants', 'ber', 'cat', 'cats', 'dog', 'dogs', 'don', 'mice', 'mouse', 't'];
const list = [...LIST, 'the'];

const generate = (model: string, ...args: string[]) =>
  good(['generate', '--model', at(model), '--tokens', '80', '--prompt', 'The ', ...args]);

// The words that a model wrote, without one at the end, which may be cut.
const wordsOf = (text: string) =>
  text
    .trimEnd()
    .toLowerCase()
    .match(/[a-z]+(?=[^a-z])/g) ?? [];

const draws = [
  ['--temperature', '0'],
  ['--temperature', '0.7', '--top-p', '0.3'],
  ['--temperature', '1', '--top-p', '1', '--seed', '5'],
  ['--temperature', '1.5', '--top-k', '2', '--seed', '6'],
];

describe('words', () => {
  test('an exported model holds those of the text, and its size is said', async () => {
    await train();
    const model = readCheckpoint(readFileSync(at('m.llm')));
    const section = Buffer.from(sectionValues(model, 'words') as Uint8Array).toString('latin1');
    expect(section).toBe(list.map((word) => `${word}\n`).join(''));
    expect(model.wordsBytes).toBe(section.length);
    const info = await good(['info', '--model', at('m.llm')]);
    expect(info).toContain(`it writes only those of its list of ${section.length} bytes`);
    const again = ['export', '--model', at('m.ckpt'), '--words', at('text'), '--out', at('again')];
    expect(await good(again)).toContain(`, ${list.length} words that it may write`);
    expect(readFileSync(at('again'))).toEqual(readFileSync(at('m.llm')));
  });

  test.each([
    ['characters', ['--tokenizer', 'chars']],
    ['byte pairs', ['--tokenizer', 'bpe', '--vocab', '320', '--separator', '\\n\\n']],
    ['bytes', ['--tokenizer', 'bytes']],
  ])('a model of %s writes no others, however it draws', async (_what, tokens) => {
    await train(...tokens);
    const [kept, free] = [[] as string[], [] as string[]];
    for (const draw of draws) {
      kept.push(...wordsOf(await generate('m.llm', ...draw)).slice(1));
      free.push(...wordsOf(await generate('m.llm', '--words', 'any', ...draw)).slice(1));
    }
    expect(kept.length).toBeGreaterThan(1);
    for (const word of kept) expect(list).toContain(word);
    expect(free.some((word) => !list.includes(word))).toBe(true);
  });

  test('a checkpoint keeps to those of --words, a model to its own, and to any if told', async () => {
    await train();
    const kept = await generate('m.llm');
    expect(await generate('m.ckpt', '--words', at('text'))).toBe(kept);
    expect(await generate('m.llm', '--words', at('text'))).toBe(kept);
    const free = await generate('m.ckpt');
    expect(free).not.toBe(kept);
    expect(await generate('m.llm', '--words', 'any')).toBe(free);
    expect(await good(['generate', '--model', at('m.llm'), '--tokens', '20'], 'p3')).toBe(
      await good(['generate', '--model', at('m.llm'), '--tokens', '20']),
    );
  });

  test('words of a prompt that no list has may come again, and go on as they will', async () => {
    await train();
    const begun = await generate('m.llm', '--prompt', 'The zor');
    expect(begun).toMatch(/^The zor/);
    const ends = await generate('m.llm', '--prompt', 'The ca', '--temperature', '2', '--seed', '3');
    for (const word of wordsOf(ends)) expect([...list, 'ca']).toContain(word);
    const zor = wordsOf(begun)[1] ?? '';
    for (const word of wordsOf(begun)) expect([...list, zor]).toContain(word);
    const said: string[] = [];
    for (const seed of ['1', '2', '3', '4']) {
      const draw = ['--prompt', 'e s q w u ', '--temperature', '2', '--top-p', '1', '--seed', seed];
      said.push(...wordsOf(await generate('m.llm', ...draw)).slice(5));
    }
    const letters = ['e', 's', 'q', 'w', 'u'];
    for (const word of said) expect([...list, ...letters]).toContain(word);
    expect(said.some((word) => letters.includes(word))).toBe(true);
  });

  test('a separator that has letters is no word, and ends a document behind any', async () => {
    const text = 'The cat END Mice and dogs. END '.repeat(200);
    writeFileSync(at('ends'), text);
    writeFileSync(at('text'), 'The cat and mice and dogs.');
    const tokens = ['--tokenizer', 'chars', '--separator', 'END', '--text', at('ends')];
    const sizes = [...small, '--steps', '200', '--out', at('m.ckpt')];
    await good(['train', ...tokens, ...sizes]);
    for (const seed of ['1', '2', '3']) {
      const draw = ['--words', at('text'), '--seed', seed, '--tokens', '200'];
      const { stdout } = await runProgram(['generate', '--model', at('m.ckpt'), '--json', ...draw]);
      const event = JSON.parse(stdout);
      expect(event.end).toBe('document');
      for (const word of wordsOf(event.text))
        expect(['the', 'cat', 'and', 'mice', 'dogs']).toContain(word);
    }
  });

  test('an exported model that is exported again keeps them, unless it may write any', async () => {
    await train();
    const exported = (out: string, ...args: string[]) =>
      good(['export', '--model', at('m.llm'), '--out', at(out), ...args]);
    await exported('kept');
    expect(readFileSync(at('kept'))).toEqual(readFileSync(at('m.llm')));
    await exported('free', '--words', 'any');
    await good(['export', '--model', at('m.ckpt'), '--out', at('without')]);
    expect(readFileSync(at('free'))).toEqual(readFileSync(at('without')));
    const judged = ['eval', '--text', stories, '--eval-tokens', '200', '--json', '--model'];
    expect(await good([...judged, at('m.llm')])).toBe(await good([...judged, at('free')]));
  });
});

describe('refusals', () => {
  test('of a text without words, and of none', async () => {
    await train();
    writeFileSync(at('digits'), '1 2 3\n');
    writeFileSync(at('wide'), Buffer.from('\ufeffthe cat sat on the mat\n', 'utf16le'));
    const words = (file: string) =>
      runProgram(['generate', '--model', at('m.ckpt'), '--words', file]);
    expectRefusal(await words(at('digits')), /digits has no word of the letters A to Z/);
    expectRefusal(await words(at('wide')), /wide is .*not UTF-8; to make it UTF-8: iconv/);
    expectRefusal(await words(at('m.ckpt')), /m\.ckpt is .*, not a text/);
    expectRefusal(await words(at('none')), /none.*No such file/);
    for (const prompt of [['-i'], ['--prompt', '-'], ['--prompt-file', '-']]) {
      const both = ['generate', '--model', at('m.ckpt'), '--words', '-', ...prompt];
      expectRefusal(await runProgram(both), /standard input has the prompt; give --words the text/);
    }
  });

  test('of GGUF, which holds no words', async () => {
    await train('--bigram-rows', '0', '--qk-norm', 'none');
    const args = ['--model', at('m.ckpt'), '--words', at('text'), '--out', at('m.gguf')];
    const result = await runProgram(['export', '--format', 'gguf', ...args]);
    expectRefusal(result, /a GGUF file holds no words that a model may write; leave out --words/);
  });

  test.each<[string, (data: Buffer) => unknown, RegExp]>([
    [
      'a capital letter',
      (data) => data.write('A'),
      /list of words holds something that is no word/,
    ],
    ['words in disorder', (data) => data.write('z'), /its list of words is in disorder/],
    ['an empty word', (data) => data.write('\n'), /holds something that is no word/],
    ['no end', (data) => data.write('e', data.length - 1), /holds something that is no word/],
  ])('of a list with %s', async (_what, change, says) => {
    await train();
    const bytes = readFileSync(at('m.llm'));
    const start = bytes.indexOf('words\0', 'latin1');
    const data = bytes.subarray(start + 32, start + 32 + bytes.readUInt32LE(start + 24));
    change(data);
    bytes.writeUInt32LE(crc32(data, crc32(bytes.subarray(start, start + 28))), start + 28);
    writeFileSync(at('bad'), bytes);
    expectRefusal(await runProgram(['generate', '--model', at('bad')]), says);
  });
});
