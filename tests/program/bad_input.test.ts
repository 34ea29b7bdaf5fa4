// Bad input: one clear line, an exit code that is not 0, and nothing lost.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { crc32 } from '../../ts/support/crc.ts';
import { rootDir } from '../../ts/support/paths.ts';
import { execPlain } from '../exec.ts';
import { stories } from '../stories.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { startChild } from './child.ts';
import { onlyLine, programOf, runProgram, small } from './program.ts';

const folder = useTemporaryFolder();
const at = (name: string) => path.join(folder(), name);

// Trains two steps into the folder; the arguments come last and win.
const train = (...args: string[]) =>
  runProgram([
    'train',
    '--text',
    stories,
    '--steps',
    '2',
    '--out',
    at('m.ckpt'),
    ...small,
    ...args,
  ]);

describe('texts', () => {
  const cases: [name: string, content: Buffer | undefined, says: RegExp][] = [
    ['missing', undefined, /cannot read the text .*: No such file/],
    ['empty', Buffer.alloc(0), /is empty/],
    ['binary', Buffer.from([0x68, 0x69, 0xff, 0xfe, 0x00]), /is not UTF-8 text: byte 3 is wrong/],
    ['with a NUL', Buffer.from('hello\0world'), /has a NUL at byte 6, .*: tr -d '\\000' </],
    [
      'of one character',
      Buffer.from('a'.repeat(5000)),
      /repeats one single character, so there is nothing to learn/,
    ],
    ['too short', Buffer.from('ab'.repeat(20)), /has 40 tokens, too few for a context of 16/],
  ];
  test.each(cases)('a text that is %s is refused', async (_name, content, says) => {
    if (content) writeFileSync(at('t.txt'), content);
    const result = await train('--text', at('t.txt'));
    expect(result.exitCode).toBe(2);
    expect(onlyLine(result)).toMatch(says);
    expect(() => readFileSync(at('m.ckpt'))).toThrow();
  });

  test('a folder is not a text', async () => {
    const result = await train('--text', folder());
    expect(result.exitCode).toBe(2);
    expect(onlyLine(result)).toMatch(/Is a directory/);
  });
});

describe('options', () => {
  const cases: [args: string[], says: RegExp][] = [
    [['--foo'], /unknown option --foo/],
    [['--steps'], /--steps needs a value/],
    [['--steps', '0'], /--steps 0: give a whole number from 1/],
    [['--steps', '2x'], /--steps 2x/],
    [['--seed', '-1'], /--seed -1/],
    [['--dim', '33'], /impossible shape: dim 33 with 2 heads/],
    [['--dim', '100000'], /--dim 100000: give a whole number from 4 to 1024/],
    [['--lr', 'fast'], /--lr fast: give a decimal/],
    [['--ram', '64XB'], /--ram 64XB: give a size/],
    [['--temperature', '1'], /train has no --temperature; that is an option of generate/],
    [
      ['--preset', 'huge'],
      /--preset huge: give one of tiny, small, base, book, hour32, night32, hour64, night64, gguf, medium, max32, max64$/,
    ],
    [['--preset'], /--preset needs a value/],
    [['--scheme', 'float'], /--scheme float: give one of pow2, absmean, .*, 2bit$/],
    [['--scheme', 'pow'], /--scheme pow: give one of/],
    [['--optimizer', 'sgd'], /--optimizer sgd: give one of muon, lion, .*, adam$/],
    [['--optimizer', 'direct|'], /--optimizer direct\|: give one of/],
    [['--norm', 'batch'], /--norm batch: give one of rms, layer$/],
    [['--act', ''], /--act "": give one of relu2, relu$/],
    [
      ['--tokenizer', 'words'],
      /--tokenizer words is not a file that can be read: .*; give chars, bytes, bpe, or a file/,
    ],
    [['--tokenizer', 'bpe', '--vocab', '256'], /--vocab 256: give a whole number from 257 to 8192/],
    [
      ['--vocab', '300'],
      /--vocab is only for --tokenizer bpe; leave it out, because .* of chars cannot be chosen/,
    ],
    [['--separator', '\\q'], /--separator: \\q is not an escape/],
    [['--separator', 'x'.repeat(33)], /give at most 32 bytes/],
    [['--log-format', 'xml'], /--log-format xml: give one of json, csv$/],
    [['--log-every', '0'], /--log-every 0: give a whole number from 1/],
    [['--keep', '101'], /--keep 101: give a whole number from 1 to 100/],
    [['--eval-tokens', '9'], /--eval-tokens does nothing without --eval-every; leave it out$/],
    [['--log-every', '2'], /--log-every does nothing without --log; leave it out$/],
    [['--log-format', 'csv'], /--log-format does nothing without --log; leave it out$/],
    ...['--keep', '--save-every', '--save-minutes'].map((option): [string[], RegExp] => [
      ['--out', 'none', option, '2'],
      new RegExp(`${option} does nothing with --out none; leave it out$`),
    ]),
    [['--eval-every', '-1'], /--eval-every -1: give a whole number from 1/],
    [['--batch-tokens', '64'], /--batch and --batch-tokens exclude each other/],
    [['--batch-tokens', '1'], /--batch-tokens 1: give a whole number from 2/],
    [['--text-ram', '0'], /--text-ram 0: give a size/],
    [['--top-k', '5'], /train has no --top-k/],
    [['--micro-batch', '0'], /--micro-batch 0: give a whole number from 1/],
    [['--micro-batch', '3'], /--micro-batch 3 is more than the batch of 2 sequences/],
    [
      ['--recompute', 'banana'],
      /--recompute banana: give none, block, or a whole number from 1 to 64/,
    ],
    [['--recompute', '0'], /--recompute 0: give none, block, or a whole number/],
    [['--recompute', '999'], /--recompute 999: give none, block, or a whole number from 1 to 64/],
    [
      ['--optimizer', 'direct', '--scheme', 'binary'],
      /the optimizer direct needs ternary weights, and the scheme binary is not ternary/,
    ],
    [['--optimizer', 'direct-stateless', '--scheme', '2bit'], /and the scheme 2bit is not ternary/],
  ];
  test.each(cases)('%j is refused by name', async (args, says) => {
    const result = await train(...args);
    expect(result.exitCode).toBe(2);
    expect(onlyLine(result)).toMatch(says);
  });

  const ofGenerate: [args: string[], says: RegExp][] = [
    [['--top-k', '0'], /--top-k 0: give a whole number from 1 to 8192/],
    [['--top-k', '8193'], /--top-k 8193: give a whole number/],
    [['--top-p', 'abc'], /--top-p abc: give a decimal/],
    [['--top-p', '-0.5'], /--top-p -0.5: give a decimal/],
    [['--stop', 'x'.repeat(65)], /--stop x+\.\.\.: give at most \d+ bytes/],
    [['--stop', '\\q'], /--stop: \\q is not an escape/],
    [['--tokens', '0'], /--tokens 0: give a whole number from 1/],
    [
      ['-i', '--prompt', 'Once'],
      /--interactive reads the prompts from standard input; leave out --prompt/,
    ],
    [['--eval-tokens', '5'], /generate has no --eval-tokens/],
  ];
  test.each(ofGenerate)('generate %j is refused by name', async (args, says) => {
    const result = await runProgram(['generate', ...args], folder());
    expect(result.exitCode).toBe(2);
    expect(onlyLine(result)).toMatch(says);
  });

  test.each([
    [['--order', '13'], /--order 13: give a whole number from 1 to 12/],
    [['--eval-tokens', '0'], /--eval-tokens 0: give a whole number from 1/],
    [['--characters', '9'], /unknown option --characters/],
  ])('eval %j is refused by name', async (args, says) => {
    const result = await runProgram(['eval', ...args], folder());
    expect(result.exitCode).toBe(2);
    expect(onlyLine(result)).toMatch(says);
  });

  test('an argument with control characters is refused in one line without them', async () => {
    const result = await train('--f\noo\u001b[2J');
    expect(result.exitCode).toBe(2);
    expect(onlyLine(result)).toContain('unknown option --f?oo?[2J of train;');
  });

  test('an unknown command is refused by name', async () => {
    const result = await runProgram(['fly']);
    expect(result.exitCode).toBe(2);
    expect(onlyLine(result)).toMatch(/unknown command fly/);
  });

  test('a prompt with an unknown character is refused by name', async () => {
    await train();
    const result = await runProgram(['generate', '--model', at('m.ckpt'), '--prompt', 'caf\u00e9']);
    expect(result.exitCode).toBe(2);
    expect(onlyLine(result)).toMatch(/does not know the character at byte 4 of/);
  });
});

describe('tokenizer files', () => {
  test('come of a text or of a model', async () => {
    const args = ['tokenizer', '--model', at('m.ckpt'), '--text', stories, '--out', at('tokens')];
    const result = await runProgram(args);
    expect(result.exitCode).toBe(2);
    expect(onlyLine(result)).toMatch(/--model brings its tokenizer; leave out --text$/);
  });

  const broken: [name: string, breakIt: (text: string) => string | undefined, says: RegExp][] = [
    ['missing', () => undefined, /is not a file that can be read: No such/],
    ['foreign', () => 'Once upon a time.\n', /line 1 is not "legacy_llm tokenizer 1"/],
    ['empty', () => '', /line 1 is not/],
    ['truncated', (text) => text.slice(0, text.length - 20), /line \d+ is/],
    [
      'longer than it should be',
      (text) => `${text}more\n`,
      /line \d+ is not expected: the last entry/,
    ],
    [
      'edited by half',
      (text) => text.replace(' "he"', ' "ha"'),
      /is not a valid entry, or is out of order/,
    ],
  ];
  test.each(broken)('one that is %s is refused', async (_name, breakIt, says) => {
    const learn = ['tokenizer', '--text', stories, '--tokenizer', 'bpe', '--vocab', '262'];
    await runProgram([...learn, '--out', at('good')]);
    const text = breakIt(readFileSync(at('good'), 'utf8'));
    if (text !== undefined) writeFileSync(at('tokens'), text);
    const result = await train('--tokenizer', at('tokens'));
    expect(result.exitCode).toBe(2);
    expect(onlyLine(result)).toMatch(says);
  });

  test('a file has its vocabulary and separator, so both are refused beside it', async () => {
    await runProgram(['tokenizer', '--text', stories, '--out', at('tokens')]);
    for (const option of [
      ['--vocab', '300'],
      ['--separator', '.'],
    ]) {
      const result = await train('--tokenizer', at('tokens'), ...option);
      expect(result.exitCode).toBe(2);
      expect(onlyLine(result)).toContain(
        `the file of --tokenizer has its own vocabulary and separator; leave out ${option[0]}`,
      );
    }
  });
});

describe('token files', () => {
  const damages: [name: string, damage: (bytes: Buffer) => Buffer][] = [
    ['truncated', (bytes) => bytes.subarray(0, bytes.length - 100)],
    ['empty', () => Buffer.alloc(0)],
    ['longer than it should be', (bytes) => Buffer.concat([bytes, Buffer.from('x')])],
    ['of another version', (bytes) => edited(bytes, 8, 1)],
    ['with one token that is another', (bytes) => edited(bytes, 5000, (bytes[5000] ?? 0) ^ 1)],
    ['with a token beyond the vocabulary', (bytes) => edited(bytes, 5000, 255)],
  ];
  test.each(damages)('one that is %s is made anew', async (_name, damage) => {
    const streams = ['--text-ram', '1KB', '--steps', '4'];
    await train(...streams);
    const whole = readFileSync(at('m.ckpt'));
    await train(...streams, '--stop-after', '2');
    writeFileSync(at('m.ckpt.tokens'), damage(readFileSync(at('m.ckpt.tokens'))));
    const args = ['train', '--text', stories, '--text-ram', '1KB', '--resume', at('m.ckpt')];
    expect(await runProgram(args)).toMatchObject({ exitCode: 0, stderr: '' });
    expect(readFileSync(at('m.ckpt')).equals(whole)).toBe(true);
    expect(readdirSync(folder())).toEqual(['m.ckpt']);
  });
});

describe('a model of byte pairs', () => {
  test('takes any bytes as a prompt, and so does one of bytes', async () => {
    for (const tokenizer of [['bpe', '--vocab', '260'], ['bytes']]) {
      await train('--tokenizer', ...tokenizer);
      const program = await programOf();
      const args = ['generate', '--model', at('m.ckpt'), '--tokens', '5', '--prompt', '-'];
      const input = Uint8Array.of(0xff, 0x00, 0xc3, 0x28, 0x80, 0xfe);
      const plain = await execPlain(program, args, { input });
      expect(plain).toMatchObject({ exitCode: 0, stderr: '' });
      const { stdout, exitCode } = await execPlain(program, [...args, '--json'], { input });
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout).text).toMatch(/^\ufffd\0\ufffd\(\ufffd\ufffd/);
    }
  });

  test('a budget of tokens that is less than a sequence is refused', async () => {
    const args = ['train', '--text', stories, '--context', '16', '--batch-tokens', '15'];
    const result = await runProgram(args);
    expect(result.exitCode).toBe(2);
    expect(onlyLine(result)).toMatch(/--batch-tokens 15: give from one to 4096 times the context/);
  });

  test('of characters, standard input that is no text is refused', async () => {
    await train();
    const program = await programOf();
    for (const reading of [['--prompt', '-'], ['-i']]) {
      const args = ['generate', '--model', at('m.ckpt'), '--out', at('story'), ...reading];
      const result = await execPlain(program, args, { input: Uint8Array.of(0x41, 0xff, 0x0a) });
      expect(result.exitCode).toBe(2);
      expect(onlyLine(result)).toMatch(/is not UTF-8 text: byte 2 is wrong/);
      expect(readdirSync(folder())).toEqual(['m.ckpt']);
    }
  });
});

describe('memory', () => {
  test('a plan above --ram is refused with both numbers before anything is written', async () => {
    const result = await train('--ram', '1MB');
    expect(result.exitCode).toBe(2);
    expect(onlyLine(result)).toMatch(
      /this takes [\d,]+ bytes of memory, but --ram allows only 1,048,576/,
    );
    expect(() => readFileSync(at('m.ckpt'))).toThrow();
  });

  test('a plan above what the machine has is refused, also one of gigabytes', async () => {
    const shape = ['--layers', '64', '--dim', '1024', '--heads', '8', '--context', '1024'];
    const result = await train(...shape, '--ram', '3GB');
    expect(result.exitCode).toBe(2);
    expect(onlyLine(result)).toMatch(/this takes [\d,]+ bytes of memory/);
  });
});

// The checkpoint with the data of one section changed, and its CRC to match.
function withSection(name: string, change: (data: Buffer) => unknown): Buffer {
  const bytes = readFileSync(at('m.ckpt'));
  const start = bytes.indexOf(`${name}\0`, 'latin1');
  const data = bytes.subarray(start + 32, start + 32 + bytes.readUInt32LE(start + 24));
  change(data);
  bytes.writeUInt32LE(crc32(data, crc32(bytes.subarray(start, start + 28))), start + 28);
  return bytes;
}

describe('checkpoints', () => {
  const broken: [name: string, breakIt: (bytes: Buffer) => Buffer, says: RegExp][] = [
    ['empty', () => Buffer.alloc(0), /shorter than the header of a checkpoint/],
    ['cut in its header', (b) => b.subarray(0, 100), /shorter than the header of a checkpoint/],
    [
      'cut in its tokenizer',
      (b) => b.subarray(0, b.indexOf('tokenizer') + 40),
      /the file ends within section tokenizer/,
    ],
    [
      'cut in a section',
      (b) => b.subarray(0, b.indexOf('layer0.wv') + 40),
      /the file ends within section layer0.wv;/,
    ],
    ['cut before its end', (b) => b.subarray(0, b.length - 32), /the file ends before section end/],
    [
      'longer than it should be',
      (b) => Buffer.concat([b, Buffer.from('x')]),
      /goes on after its last section/,
    ],
    ['foreign', () => readFileSync(stories), /not a checkpoint of this program/],
    [
      'of a later version',
      (b) => edited(b, 8, (b[8] ?? 0) + 1),
      /by a newer version of this program/,
    ],
    [
      'of an earlier version',
      (b) => edited(b, 8, (b[8] ?? 0) - 1),
      /by an older version of this program/,
    ],
    ['one with a flipped header bit', (b) => edited(b, 50, (b[50] ?? 0) ^ 1), /header is damaged/],
  ];
  test.each(broken)('a checkpoint that is %s is refused', async (_name, breakIt, says) => {
    await train();
    writeFileSync(at('bad.ckpt'), breakIt(readFileSync(at('m.ckpt'))));
    for (const command of ['eval', 'generate', 'info']) {
      const result = await runProgram([command, '--model', at('bad.ckpt')], rootDir);
      const sound = command === 'info' && /section|0.wv|follows/.test(String(says)); // reads no sections
      if (sound) continue;
      expect(result.exitCode).toBe(2);
      expect(onlyLine(result)).toMatch(says);
    }
    const resumed = await runProgram(['train', '--text', stories, '--resume', at('bad.ckpt')]);
    expect(resumed.exitCode).toBe(2);
    expect(onlyLine(resumed)).toMatch(says);
  });

  test('every flipped bit of a checkpoint is found', async () => {
    await train();
    const good = readFileSync(at('m.ckpt'));
    for (let i = 0; i < 60; i++) {
      const place = Math.floor((i * (good.length - 1)) / 59);
      writeFileSync(at('bad.ckpt'), edited(good, place, (good[place] ?? 0) ^ (1 << (i % 8))));
      const result = await runProgram(['generate', '--model', at('bad.ckpt')]);
      expect(result.exitCode, `bit ${i % 8} of byte ${place}`).toBe(2);
      onlyLine(result);
    }
  });

  test.each([
    ['an unknown scheme', (b: Buffer) => b.writeInt32LE(7, 44), /scheme is 7; it must be 0 to 6/],
    ['an unknown norm', (b: Buffer) => b.writeInt32LE(-1, 48), /norm is -1; it must be 0 to 1/],
    ['an unknown activation', (b: Buffer) => b.writeInt32LE(2, 52), /act is 2; it must be 0 to 1/],
    [
      'an unknown optimizer',
      (b: Buffer) => b.writeInt32LE(7, 72),
      /training settings are impossible: optimizer is 7; it must be 0 to 6/,
    ],
    [
      'a rate that is no number',
      (b: Buffer) => b.writeFloatLE(Number.NaN, 76),
      /lr must be a number/,
    ],
    ['a negative clip', (b: Buffer) => b.writeFloatLE(-1, 84), /clip must be a number from 0/],
    [
      'more steps done than there are',
      (b: Buffer) => b.writeInt32LE(3, 88),
      /done is 3; it must be 0/,
    ],
    ['an unknown tokenizer', (b: Buffer) => b.writeInt32LE(3, 108), /tokenizer is of an unknown/],
    ['a separator of 33 bytes', (b: Buffer) => b.writeInt32LE(33, 112), /separator is too long/],
    ['documents without a separator', (b: Buffer) => b.writeInt32LE(5, 36), /separator/],
    ['a tokenizer of bytes', (b: Buffer) => b.writeInt32LE(1, 108), /does not fit its tokenizer/],
    ['unknown contents', (b: Buffer) => b.writeInt32LE(2, 104), /contents are of an unknown kind/],
    [
      'a direct training of signs',
      (b: Buffer) => b.writeInt32LE(5, 44) && b.writeInt32LE(3, 72),
      /needs ternary weights, and the scheme binary is not ternary/,
    ],
  ])('a checkpoint made to hold %s is refused', async (_name, change, says) => {
    await train();
    const bytes = readFileSync(at('m.ckpt'));
    change(bytes);
    const size = bytes.readInt32LE(12);
    bytes.writeUInt32LE(crc32(bytes.subarray(0, size - 4)), size - 4);
    writeFileSync(at('bad.ckpt'), bytes);
    const result = await runProgram(['train', '--text', stories, '--resume', at('bad.ckpt')]);
    expect(result.exitCode).toBe(2);
    expect(onlyLine(result)).toMatch(says);
  });

  test.each([
    ['layer0.query_gain', Number.NaN],
    ['layer0.query_gain.m', Number.POSITIVE_INFINITY],
    ['token_embedding.v', -1],
    ['layer0.wq.mscale', Number.NaN],
    ['layer0.wdown.mscale', -1],
  ])('a checkpoint whose section %s is made to hold %d is refused', async (name, value) => {
    await train();
    const bytes = withSection(name, (data) => data.writeFloatLE(value));
    writeFileSync(at('bad.ckpt'), bytes);
    const result = await runProgram(['train', '--text', stories, '--resume', at('bad.ckpt')]);
    expect(result.exitCode).toBe(2);
    expect(onlyLine(result)).toContain(`section ${name} holds impossible numbers`);
  });

  test.each<[string, number, RegExp]>([
    ['what is no character', 0xd800, /holds a number that is not a character/],
    ['characters in disorder', 1, /not in order/],
  ])('a checkpoint whose tokenizer is made to hold %s is refused', async (_name, value, says) => {
    await train();
    const bytes = withSection('tokenizer', (data) => data.writeUInt32LE(value, data.length - 4));
    writeFileSync(at('bad.ckpt'), bytes);
    for (const command of ['generate', 'info', 'eval']) {
      const result = await runProgram([command, '--model', at('bad.ckpt')], rootDir);
      expect(result.exitCode).toBe(2);
      expect(onlyLine(result)).toMatch(says);
    }
  });

  test.each<[string, string, (data: Buffer) => unknown]>([
    ['holds a latent of -128', 'layer0.wup', (data) => data.writeInt8(-128, data.length - 1)],
    [
      'holds an embedding of a token that is too large',
      'token_embedding',
      (data) => data.writeInt16LE(-32768, data.length - 2),
    ],
    ['holds a row with -128', 'bigram_embedding', (data) => data.writeInt8(-128)],
  ])('a checkpoint that %s is refused', async (says, section, change) => {
    await train();
    writeFileSync(at('bad.ckpt'), withSection(section, change));
    for (const command of [
      ['train', '--text', stories, '--resume'],
      ['generate', '--model'],
    ]) {
      const result = await runProgram([...command, at('bad.ckpt')]);
      expect(result.exitCode).toBe(2);
      expect(onlyLine(result)).toContain(says);
    }
  });

  test('resuming with another text or another shape is refused', async () => {
    await train();
    writeFileSync(at('other.txt'), 'the cat sat. '.repeat(400));
    const resume = ['train', '--resume', at('m.ckpt'), '--text'];
    expect(onlyLine(await runProgram([...resume, at('other.txt')]))).toMatch(/another text/);
    for (const [name, value] of [
      ['dim', '64'],
      ['preset', 'tiny'],
      ['scheme', 'row'],
      ['norm', 'layer'],
      ['act', 'relu'],
      ['optimizer', 'lion'],
    ] as const) {
      const result = await runProgram([...resume, stories, `--${name}`, value]);
      expect(result.exitCode).toBe(2);
      expect(onlyLine(result)).toContain(`--${name} cannot change in a resumed training`);
    }
  });
});

describe('output', () => {
  test.each(['/proc/m.ckpt', '/proc/none/m.ckpt', '/dev/null', '/tmp'])(
    'a checkpoint cannot go to %s',
    async (out) => {
      const result = await train('--out', out);
      expect(result.exitCode).not.toBe(0);
      expect(onlyLine(result)).toMatch(/cannot write/);
    },
  );

  test('when the disk is full then it says so and the old checkpoint is intact', async () => {
    const program = await programOf();
    writeFileSync(at('m.ckpt'), 'the old one');
    // A limit of 8 KiB for files stands for the disk: a write beyond it fails.
    const script = `ulimit -f 8; exec "$@"`;
    const args = ['train', '--text', stories, '--steps', '2', '--out', at('m.ckpt'), ...small];
    const run = ['-c', script, 'bash', program, ...args, '--force'];
    const result = await execPlain('bash', run);
    expect(result.exitCode).toBe(1);
    expect(onlyLine(result)).toMatch(/could not write all of .*m\.ckpt: .*; what was there before/);
    expect(readFileSync(at('m.ckpt'), 'utf8')).toBe('the old one');
    expect(execFileSync('ls', [folder()]).toString().trim()).toBe('m.ckpt'); // no temporary file
  });

  test('what is read is never written over, and no two outputs share a file', async () => {
    writeFileSync(at('t.txt'), 'the cat sat on the mat. '.repeat(400));
    for (const args of [
      ['--text', at('t.txt'), '--out', at('t.txt')],
      ['--text', at('t.txt'), '--log', at('t.txt')],
      ['--text', at('t.txt'), '--trace', path.join(folder(), '.', 't.txt')],
      ['--text', at('m.ckpt.tokens'), '--text-ram', '1KB'],
      ['--log', at('m.ckpt')],
      ['--log', at('x'), '--dump', at('x')],
    ]) {
      const result = await train(...args);
      expect(result.exitCode, args.join(' ')).toBe(2);
      expect(onlyLine(result)).toMatch(/would be written over/);
    }
    expect(readFileSync(at('t.txt'), 'utf8')).toMatch(/^the cat sat/);
  });

  test('when a new training is killed at its start then the old checkpoint is intact', async () => {
    writeFileSync(at('m.ckpt'), 'the old one');
    const args = ['train', '--text', stories, '--out', at('m.ckpt'), '--json', '--steps', '100000'];
    const child = startChild(await programOf(), [...args, '--save-minutes', '0', '--force']);
    await child.prints('"event":"step"');
    child.kill('SIGKILL');
    await child.ended;
    expect(readFileSync(at('m.ckpt'), 'utf8')).toBe('the old one');
  });

  test('when stdout is full then the exit code tells', async () => {
    const program = await programOf();
    const result = await execPlain('bash', ['-c', '"$0" --help > /dev/full', program]);
    expect(result.exitCode).toBe(1);
    expect(onlyLine(result)).toMatch(/could not write all of the output/);
  });

  test('when the place of the log does not exist then nothing is trained', async () => {
    mkdirSync(at('logs'));
    const result = await train('--log', at('logs'));
    expect(result.exitCode).toBe(2);
    expect(onlyLine(result)).toMatch(/not an ordinary file/);
  });
});

function edited(bytes: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = value;
  return copy;
}
