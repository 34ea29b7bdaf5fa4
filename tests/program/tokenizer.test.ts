// What the driver knows of tokenizers, held against texts that the program encoded.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCheckpoint } from '../../ts/program/checkpoint.ts';
import { decode, type Tokenizer, tokenBytes } from '../../ts/program/tokenizer.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { readTokenFile } from '../token_file.ts';
import { runProgram, small } from './program.ts';

const folder = useTemporaryFolder();
const at = (name: string) => path.join(folder(), name);

const merges: Tokenizer = {
  kind: 'bpe',
  separator: Buffer.from('\n\n'),
  entries: [104 + 0x10000 * 105, 256 + 0x10000 * 33],
};

describe('tokenBytes', () => {
  it('when a token is a byte, a merge or the separator, then those are its bytes', () => {
    const bytes = [0, 255, 256, 257, 258].map((token) => tokenBytes(merges, token));
    expect(bytes.map(String)).toEqual(['\0', '\ufffd', 'hi', 'hi!', '\n\n']);
    expect(bytes[1]).toEqual(Buffer.of(255));
  });

  it('when a token is a character, then its bytes are UTF-8', () => {
    const characters: Tokenizer = { kind: 'chars', separator: Buffer.of(), entries: [97, 0x1f600] };
    expect(decode(characters, [1, 0]).toString()).toBe('\u{1f600}a');
  });

  it('when there is no such token, then it says so', () => {
    expect(() => tokenBytes(merges, 259)).toThrow('no token 259');
    expect(() => tokenBytes({ ...merges, separator: Buffer.of() }, 258)).toThrow('no token 258');
    expect(() => tokenBytes(merges, -1)).toThrow('no token -1');
  });
});

const story = (i: number) => `Once upon a time, ${'äö'.repeat(i % 3)} a cat sat on hat ${i}.\nIt's`;
const text = Array.from({ length: 40 }, (_, i) => story(i)).join('\n\n');

describe('a text that the program encodes', () => {
  it.each([
    ['chars', '1'],
    ['bytes', '2'],
    ['bpe', '2', '--vocab', '290'],
  ])(
    'when its tokenizer is %s, then its tokens decode to the text',
    async (kind, width, ...more) => {
      writeFileSync(at('text'), text);
      const train = ['train', '--text', at('text'), '--out', at('m.ckpt'), '--text-ram', '1'];
      const wanted = ['--tokenizer', kind, ...more, '--separator', '\\n\\n'];
      const steps = ['--steps', '2', '--stop-after', '1']; // whoever goes on finds the token file
      const run = await runProgram([...train, ...wanted, ...steps, ...small]);
      expect(run).toMatchObject({ stderr: '', exitCode: 0 });
      const { tokenizer, shape, ...rest } = readCheckpoint(readFileSync(at('m.ckpt')));
      const file = readTokenFile(readFileSync(at('m.ckpt.tokens')));
      expect(tokenizer).toMatchObject({ kind, separator: Buffer.from('\n\n') });
      expect(file).toMatchObject({ width: Number(width), vocab: shape.vocab });
      expect(rest.text).toMatchObject({
        tokens: file.tokens.length,
        bytes: Buffer.byteLength(text),
      });
      expect(decode(tokenizer, file.tokens).toString()).toBe(text);
      const documents = file.tokens.filter((token) => token === shape.separator);
      expect(documents).toHaveLength(text.split('\n\n').length - 1);
      if (kind === 'bpe') expect(file.tokens.length).toBeLessThan(0.6 * text.length);
    },
  );
});
