// `eval --list`: a table of several texts, each judged as it is alone, and of all together.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { execPlain } from '../exec.ts';
import { storiesOf } from '../stories.ts';
import { temporaryFolderOfSuite } from '../temporary.ts';
import { onlyLine, programOf, runProgram, small } from './program.ts';

const folder = temporaryFolderOfSuite();
const at = (name: string) => path.join(folder(), name);

interface Row {
  text?: string | null;
  loss: string;
  tokens: number;
  bytes: number;
}

const evaluate = (...args: string[]) =>
  runProgram(['eval', '--model', at('m.ckpt'), '--whole', ...args], folder());

async function rowsOf(...args: string[]): Promise<Row[]> {
  const result = await evaluate('--json', ...args);
  expect(result).toMatchObject({ stderr: '', exitCode: 0 });
  const lines = result.stdout.trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Row);
}

beforeAll(async () => {
  const text = storiesOf(9000);
  writeFileSync(at('t.txt'), text);
  writeFileSync(at('a "b".txt'), text.subarray(0, 2000));
  writeFileSync(at('c.txt'), text.subarray(3000, 8000));
  writeFileSync(at('list'), 'a "b".txt\r\n\nc.txt');
  const options = ['--text', at('t.txt'), '--out', at('m.ckpt'), '--steps', '3', ...small];
  const bytes = ['--tokenizer', 'bytes'];
  expect(await runProgram(['train', ...options, ...bytes])).toMatchObject({ exitCode: 0 });
});

describe('eval --list', () => {
  test('judges each text as it is judged alone, and all of them together', async () => {
    const rows = await rowsOf('--list', at('list'));
    expect(rows.map(({ text }) => text)).toEqual(['a "b".txt', 'c.txt', null]);
    for (const { text, loss, tokens } of rows.slice(0, 2)) {
      expect(await rowsOf('--text', text ?? '')).toMatchObject([{ loss, tokens }]);
    }
    const [a, c, all] = rows as [Row, Row, Row];
    expect(all.tokens).toBe(a.tokens + c.tokens);
    expect(all.bytes).toBe(a.bytes + c.bytes);
    const mean = (Number(a.loss) * a.tokens + Number(c.loss) * c.tokens) / all.tokens;
    expect(Number(all.loss)).toBeCloseTo(mean, 3);
  });

  test('is a table for people, also of a list from a pipe', async () => {
    const { stdout } = await evaluate('--list', at('list'));
    expect(stdout.split('\n').slice(0, 2).join()).toMatch(
      /nats per token +bits per byte +perplexity/,
    );
    expect(stdout).toMatch(/ {2}a "b"\.txt\n.* {2}c\.txt\n.* {2}all together\n$/);
    const args = ['eval', '--model', at('m.ckpt'), '--whole', '--list', '-'];
    const piped = await execPlain(await programOf(), args, { cwd: folder(), input: 'c.txt\n' });
    expect(piped.stdout).toMatch(/ {2}c\.txt\n.* {2}all together\n$/);
  });

  test('what cannot be judged is named', async () => {
    const refused = async (content: string, words: RegExp) => {
      writeFileSync(at('wrong'), content);
      const result = await evaluate('--list', at('wrong'));
      expect(onlyLine(result)).toMatch(words);
      expect(result.exitCode).toBe(2);
    };
    await refused('', /names no text/);
    await refused('\n\n', /names no text/);
    await refused('c.txt\nnone.txt\n', /cannot read the text none\.txt: No such file/);
    await refused('x'.repeat(5000), /line 1: a path of more than \d+ bytes/);
    const both = await evaluate('--list', at('list'), '--text', at('c.txt'));
    expect(onlyLine(both)).toMatch(/--list names the texts; leave out --text/);
    const order = await evaluate('--list', at('list'), '--order', '3');
    expect(onlyLine(order)).toMatch(/--list compares with no n-grams; leave out --order/);
    const none = await evaluate('--list', at('none'));
    expect(onlyLine(none)).toMatch(/cannot read the list .*none: No such file/);
  });
});
