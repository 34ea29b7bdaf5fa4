// What generate reads from standard input: prompts of any length, and what is no prompt.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { execPlain } from '../exec.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { programOf, runProgram, small } from './program.ts';

const folder = useTemporaryFolder();
const at = (name: string) => path.join(folder(), name);

describe('standard input', () => {
  // Generates from what printf makes of a format, a text of 2 tokens for each prompt.
  async function generate(format: string, ...args: string[]) {
    const program = await programOf();
    await runProgram(['train', '--steps', '2', '--out', at('m.ckpt'), ...small]);
    const script =
      'p=$1 m=$2; shift 2; printf "$p" | "$0" generate --model "$m" --tokens 2 --json "$@"';
    const result = await execPlain('bash', ['-c', script, program, format, at('m.ckpt'), ...args]);
    const texts = result.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    return { ...result, texts };
  }

  test('a line of a conversation is one prompt, however long', async () => {
    const { texts } = await generate(`${'the cat '.repeat(1000)}\\r\\nA`, '-i');
    expect(texts.length).toBe(2);
    expect(texts[0].text.startsWith('the cat '.repeat(1000))).toBe(true);
    expect(texts[0].text.length).toBe(8002);
    expect(texts[1].text).toMatch(/^A/);
  });

  test('what is not UTF-8 ends with an object that is whole, and the place', async () => {
    for (const args of [['--prompt', '-'], ['-i']]) {
      const result = await generate('the\\xff', ...args);
      expect(result.exitCode).toBe(2);
      expect(result.stderr).toMatch(/is not UTF-8 text: byte 4 is wrong/);
      expect(result.texts).toEqual([{ event: 'generate', text: 'the', tokens: 0, end: 'error' }]);
    }
  });

  test('what the model does not know ends its line, not the conversation', async () => {
    const lines = 'A cat\\ncaf\\303\\251 now\\nthe\\xff\\n\\nOne day\\n';
    const result = await generate(lines, '-i', '--out', at('written'));
    expect(result.texts.map(({ text, end }) => `${end}: ${text.slice(0, 7)}`)).toEqual([
      expect.stringMatching(/^tokens: A cat/),
      'error: caf',
      'error: the',
      expect.stringMatching(/^tokens: ..$/),
      expect.stringMatching(/^tokens: One day/),
    ]);
    const said = result.stderr.trimEnd().split('\n');
    expect(said).toEqual([
      expect.stringMatching(/^legacy_llm: the model does not know .* at byte 4 of line 2, U\+00E9/),
      expect.stringMatching(/^legacy_llm: line 3 is not UTF-8 text: byte 4 is wrong;/),
    ]);
    expect(result.exitCode).toBe(2);
    const written = readFileSync(at('written'), 'utf8');
    expect(written).toBe(result.texts.map(({ text }) => text).join('\n'));
    const known = await generate('A cat\\nOne day\\n', '-i');
    expect(known).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test('a line is continued as it is without the lines that could not be taken', async () => {
    const seed = ['-i', '--seed', '4'];
    const [, second] = (await generate('one\\ntwo\\n', ...seed)).texts;
    const [, again] = (await generate('caf\\303\\251\\ntwo\\n', ...seed)).texts;
    expect(again).toEqual(second);
  });
});
