// What generate reads from standard input: prompts of any length, and what is no prompt.
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { execAny } from '../../ts/support/exec.ts';
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
    const result = await execAny('bash', ['-c', script, program, format, at('m.ckpt'), ...args]);
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
});
