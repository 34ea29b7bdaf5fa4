// A float model of llama2.c: what it writes and where to, how a text begins and ends, and what is
// refused of files that are no good, before any memory is taken for what they tell.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { ExecResult } from '../../ts/support/exec.ts';
import { seededRandom } from '../../ts/support/random.ts';
import {
  type Llama2Shape,
  llama2File,
  llama2Tokenizer,
  pieces,
  placeLlama2,
  randomLlama2,
  smallLlama2,
} from '../llama2_files.ts';
import { stories } from '../stories.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { onlyLine, runProgram, small } from './program.ts';

const folder = useTemporaryFolder();
const at = (name: string) => path.join(folder(), name);

const shape: Llama2Shape = smallLlama2;
const model = randomLlama2(shape, 3);
const good = llama2File(model);
const tokenizer = llama2Tokenizer(pieces(shape.vocab));

beforeEach(() => placeLlama2(folder()));

const files = ['--model', 'm.bin', '--tokenizer', 't.bin'];
const llama2 = (...args: string[]) => runProgram(['llama2', ...files, ...args], folder());

async function written(...args: string[]): Promise<string> {
  const result = await llama2(...args);
  expect(result).toMatchObject({ stderr: '', exitCode: 0 });
  return result.stdout;
}

function expectRefusal(result: ExecResult, says: RegExp | string): void {
  expect(result.exitCode).toBe(2);
  expect(result.stdout).toBe('');
  expect(onlyLine(result)).toMatch(says);
}

// A tokenizer whose tokens are their own numbers, with a space before each.
function placeNumbers(): void {
  const numbers = pieces(shape.vocab).map(([text, score], i) =>
    i > 2 ? ([` ${i}`, score] as const) : ([text, score] as const),
  );
  writeFileSync(at('t.bin'), llama2Tokenizer(numbers));
}

describe('a text', () => {
  test('it begins with the prompt, as it is, and goes to standard output and a file', async () => {
    const prompt = 'the an\té 日 \\';
    const text = await written(
      '--prompt',
      'the an\\té 日 \\\\',
      '--tokens',
      '12',
      '--out',
      'story',
    );
    expect(text.startsWith(prompt)).toBe(true);
    expect(text.length).toBeGreaterThan(prompt.length + 5);
    expect(`${readFileSync(at('story'), 'utf8')}\n`).toBe(text);
    writeFileSync(at('prompt'), prompt);
    expect(await written('--prompt-file', 'prompt', '--tokens', '12')).toBe(text);
    expect(await written('--model', 'm.bin', '--tokens=12', '--prompt-file=prompt')).toBe(text);
  });

  test('the space before a text is not written, where nothing was before it', async () => {
    placeNumbers();
    const text = await written('--tokens', '8', '--temperature', '0', '--json');
    const { text: inside, tokens } = JSON.parse(text) as { text: string; tokens: number };
    expect(tokens).toBeGreaterThan(0);
    expect(inside).toMatch(/^\d+( \d+)*$/);
  });

  test('it is the same with the same seed, another with another, and without draws likeliest', async () => {
    const one = await written('--tokens', '20', '--temperature', '1', '--seed', '1');
    expect(await written('--tokens', '20', '--temperature', '1', '--seed', '1')).toBe(one);
    expect(await written('--tokens', '20', '--temperature', '1', '--seed', '2')).not.toBe(one);
    const likeliest = await written('--tokens', '20', '--temperature', '0');
    expect(await written('--tokens', '20', '--temperature', '5', '--top-k', '1')).toBe(likeliest);
  });

  test('it ends with the context, after --tokens, before --stop, and says so', async () => {
    placeNumbers();
    const ends = async (...args: string[]) =>
      JSON.parse(await written('--temperature', '1', '--json', ...args));
    const whole = await ends('--tokens', '1000', '--seed', '4');
    expect(whole).toMatchObject({ event: 'generate', end: 'context', tokens: shape.context });
    const some = await ends('--tokens', '5', '--seed', '4');
    expect(some).toMatchObject({ end: 'tokens', tokens: 5 });
    expect(whole.text.startsWith(some.text)).toBe(true);
    const stop = whole.text.slice(12, 15);
    const stopped = await ends('--tokens', '1000', '--seed', '4', '--stop', stop);
    expect(stopped.end).toBe('stop');
    expect(stopped.text).toBe(whole.text.slice(0, whole.text.indexOf(stop)));
  });

  test('it ends where the model begins another', async () => {
    const ending = randomLlama2(shape, 3);
    ending.tensors.embedding.fill(1, shape.dim, 2 * shape.dim); // the token 1, likely where x is above 0
    ending.tensors.finalGain.fill(2);
    for (const name of ['wo', 'w2'] as const) ending.tensors[name].fill(0);
    writeFileSync(at('m.bin'), llama2File(ending));
    const said = JSON.parse(await written('--temperature', '0', '--json'));
    expect(said).toEqual({ event: 'generate', text: '', tokens: 0, end: 'document' });
  });

  test('both versions of the file hold the same model, with a classifier of its own or without', async () => {
    for (const ownClassifier of [false, true]) {
      const either = randomLlama2({ ...shape, ownClassifier }, 8);
      const texts = [];
      for (const version of [0, 1] as const) {
        writeFileSync(at('m.bin'), llama2File(either, version));
        texts.push(await written('--tokens', '20', '--temperature', '0'));
      }
      expect(texts[0]).toBe(texts[1]);
    }
  });
});

// The header of the good file with one of its numbers changed.
function changed(place: number, value: number, from = good): Buffer {
  const bytes = Buffer.from(from);
  bytes.writeInt32LE(value, 4 * place);
  return bytes;
}

const wrongModels: Readonly<Record<string, [Buffer, RegExp]>> = {
  'an empty file': [Buffer.alloc(0), /the file ends early/],
  'half a header': [good.subarray(0, 20), /the file ends early/],
  'a header alone': [good.subarray(0, 28), /it has 28 bytes, where its header tells of \d+; copy/],
  'a cut file': [good.subarray(0, -1), /where its header tells of/],
  'a file that goes on': [Buffer.concat([good, Buffer.alloc(4)]), /where its header tells of/],
  'a dim of 0': [changed(0, 0), /its dim is 0, not a number from 2 to 8192/],
  'a negative dim': [changed(0, -16), /its dim is -16/],
  'a huge dim': [changed(0, 0x7fffffff), /its dim is 2147483647/],
  'a huge hidden size': [changed(1, 1 << 30), /its hidden_dim is 1073741824/],
  'no layers': [changed(2, 0), /its n_layers is 0/],
  'no heads': [changed(3, 0), /its n_heads is 0/],
  'heads that do not fit': [changed(3, 3), /its heads do not divide its dim/],
  'heads of odd size': [changed(3, 16), /the size of its heads is odd/],
  'heads of keys that do not fit': [changed(4, 3), /its heads of keys and values do not divide/],
  'more heads of keys than heads': [changed(4, 8), /its heads of keys and values do not divide/],
  'no vocabulary': [changed(5, 0), /its vocab_size is 0/],
  'the most negative vocabulary': [changed(5, -0x80000000), /its vocab_size is -2147483648/],
  'a vocabulary of another sign': [changed(5, -shape.vocab), /where its header tells of/],
  'a negative context': [changed(6, -1), /its seq_len is -1/],
  'the largest of everything': [
    [8192, 32768, 128, 4096, 4096, 65536, 1 << 20].reduce(
      (b, value, i) => changed(i, value, b),
      good,
    ),
    /where its header tells of \d{12,}/,
  ],
  'a file in int8': [
    changed(1, 2, Buffer.concat([changed(0, 0x616b3432), Buffer.alloc(300)])),
    /it is of version 2 of llama2\.c's files; export it as version 0 or 1/,
  ],
  'a weight that is no number': [changed(40, 0x7fc00000), /a weight that is no number/],
  'a weight without end': [changed(41, 0x7f800000), /a weight that is no number/],
  'a weight that is too large': [changed(42, 0x43800001), /above 256 in size/],
  'a text': [Buffer.from('Once upon a time\n'.repeat(40)), /it is a text, not a model of llama2/],
  'a packed file': [Buffer.from([0x1f, 0x8b, ...good.subarray(2)]), /it is a gzip file/],
};

const wrongTokenizers: Readonly<Record<string, [Buffer, RegExp]>> = {
  'an empty file': [Buffer.alloc(0), /its 0 bytes are not those of the 304 tokens/],
  'one of fewer tokens': [
    llama2Tokenizer(pieces(290)),
    /the file is too short at token \d+; give the tokenizer\.bin that belongs/,
  ],
  'one of more tokens': [llama2Tokenizer(pieces(309)), /the file does not end at token 304/],
  'one of many more tokens': [llama2Tokenizer(pieces(9000)), /are not those of the 304 tokens/],
  'a cut file': [tokenizer.subarray(0, -1), /the file is too short at token 303/],
  'a longest piece that is too long': [changed(0, 65, tokenizer), /its longest piece has 65 bytes/],
  'a longest piece without end': [changed(0, -1, tokenizer), /its longest piece has 4294967295/],
  'a longest piece that is not': [changed(0, 5, tokenizer), /the piece is too long at token 2/],
  'a piece without end': [changed(2, -1, tokenizer), /the piece is too long at token 0/],
  'a score that is no number': [changed(1, 0x7fc00000, tokenizer), /the score is no number/],
};

describe('refused is', () => {
  test.each(Object.entries(wrongModels))('%s as a model', async (_, [bytes, says]) => {
    writeFileSync(at('m.bin'), bytes);
    expectRefusal(await llama2('--out', 'story'), says);
    expect(onlyLine(await llama2())).toContain('cannot use the model m.bin: ');
    expect(readdirSync(folder()).sort()).toEqual(['m.bin', 't.bin']);
  });

  test.each(Object.entries(wrongTokenizers))('%s as a tokenizer', async (_, [bytes, says]) => {
    writeFileSync(at('t.bin'), bytes);
    expectRefusal(await llama2('--out', 'story'), says);
    expect(onlyLine(await llama2())).toContain('cannot use the tokenizer t.bin: ');
    expect(readdirSync(folder()).sort()).toEqual(['m.bin', 't.bin']);
  });

  test('a checkpoint of this program, with the command that takes it', async () => {
    await runProgram([
      'train',
      '--text',
      stories,
      '--out',
      at('m.bin'),
      '--force',
      '--steps',
      '1',
      ...small,
    ]);
    const says = /it is the checkpoint of a training, .*; legacy_llm generate writes with it/;
    expectRefusal(await llama2(), says);
  });

  test('what is not there, or cannot be read twice', async () => {
    expectRefusal(await llama2('--model', 'none'), /cannot use none as --model: No such file/);
    expectRefusal(await llama2('--tokenizer', 'none'), /cannot use none as --tokenizer: No such/);
    expectRefusal(await llama2('--model', '/dev/null'), /it is no ordinary file/);
    const alone = await runProgram(['llama2', '--model', 'm.bin'], folder());
    expectRefusal(alone, /give a model of llama2\.c with --model, and with --tokenizer/);
    expectRefusal(await llama2('m.bin'), /unexpected argument .*; write: .*llama2 --model m\.bin/);
    const both = await llama2('--prompt', 'a', '--prompt-file', 't.bin');
    expectRefusal(both, /--prompt and --prompt-file exclude each other/);
  });

  test('a prompt that is too long, or has what there is no token for', async () => {
    const reads = 'the model m.bin reads at most 40 tokens';
    expectRefusal(await llama2('--prompt', 'w '.repeat(30)), `it has 62 tokens, and ${reads}`);
    writeFileSync(at('prompt'), 'a'.repeat(100_000));
    const long = await llama2('--prompt-file', 'prompt');
    expectRefusal(long, `it has 100000 bytes, and ${reads}`);
    const withoutBytes = pieces(shape.vocab).map(([text, score], i) =>
      i > 2 && i < 259 ? ([`-${i}`, score] as const) : ([text, score] as const),
    );
    writeFileSync(at('t.bin'), llama2Tokenizer(withoutBytes));
    const unknown = await llama2('--prompt', 'the 日');
    expectRefusal(unknown, /the prompt has "\\xe6\\x97\\xa5", for which the model has no token/);
    expect(await written('--prompt', 'the', '--tokens', '1')).toMatch(/^the/);
  });

  test('what does not fit into --ram, by the size of the file alone', async () => {
    const wide = { ...shape, dim: 256, hidden: 1024, layers: 4 };
    writeFileSync(at('m.bin'), llama2File(randomLlama2(wide, 1)));
    expectRefusal(
      await llama2('--ram', '8MB'),
      /this takes .* bytes of memory, but --ram allows only/,
    );
    expect(await written('--ram', '64MB', '--tokens', '1')).not.toBe('');
  });
});

// Bytes of a file changed, cut out or doubled at random, most near its beginning.
function damage(bytes: Buffer, random: () => number): Buffer {
  const damaged = Buffer.from(bytes);
  const place = () => Math.floor(random() ** 3 * bytes.length);
  for (let i = 0; i < 1 + random() * 3; i++) damaged[place()] = Math.floor(random() * 256);
  const [from, to] = [place(), place()];
  if (random() < 0.3) return Buffer.concat([damaged.subarray(0, from), damaged.subarray(to)]);
  return damaged;
}

test('a damaged file is refused in one line, or writes a text', async () => {
  const random = seededRandom(17);
  let [refused, wrote] = [0, 0];
  for (let i = 0; i < 250; i++) {
    const [name, bytes] = i % 2 ? (['m.bin', good] as const) : (['t.bin', tokenizer] as const);
    writeFileSync(at(name), damage(bytes, random));
    const result = await llama2('--tokens', '3', '--prompt', 'Once é');
    writeFileSync(at(name), bytes);
    if (result.exitCode === 0) wrote++;
    else refused++;
    expect([0, 2], result.stderr).toContain(result.exitCode);
    if (result.exitCode === 0) expect(result.stderr).toBe('');
    else onlyLine(result);
  }
  expect(refused).toBeGreaterThan(50);
  expect(wrote).toBeGreaterThan(20);
});
