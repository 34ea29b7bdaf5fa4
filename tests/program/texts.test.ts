// Texts, tokenizers and logs as people have them: of other editors and systems, packed, from a pipe.
// Each is taken rightly, or the program says what it is and the command that mends it; such a command
// is run here, and the text that it makes is taken.
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildTarget } from '../../ts/build/build.ts';
import { findTarget } from '../../ts/build/targets.ts';
import { readCheckpoint } from '../../ts/program/checkpoint.ts';
import type { ExecResult } from '../../ts/support/exec.ts';
import { rootDir } from '../../ts/support/paths.ts';
import { execPlain } from '../exec.ts';
import { temporaryFolderOfSuite, useTemporaryFolder } from '../temporary.ts';
import { onlyLine, small } from './program.ts';

const folder = useTemporaryFolder();
const made = temporaryFolderOfSuite();
const at = (name: string) => path.join(folder(), name);
const write = (name: string, bytes: string | Uint8Array) => writeFileSync(at(name), bytes);
const read = (name: string) => readFileSync(at(name));
const MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const steps = ['--steps', '2', ...small];
// A text of 300 lines, each with a character of two bytes.
const lines = Array.from({ length: 300 }, (_, i) => `line ${i} of a small text, n\u00e9`);
const text = `${lines.join('\n')}\n`;
let program = '';
let model = ''; // of that text, by characters

beforeAll(async () => {
  program = (await buildTarget(findTarget('host'))).program;
  model = path.join(made(), 'm.ckpt');
  writeFileSync(path.join(made(), 't.txt'), text);
  await ok(['train', '--text', path.join(made(), 't.txt'), '--out', model, ...steps]);
}, 300_000);

const run = (args: readonly string[], input?: string | Uint8Array): Promise<ExecResult> =>
  execPlain(program, args, { cwd: folder(), ...(input !== undefined && { input }) });

async function ok(args: readonly string[], input?: string | Uint8Array): Promise<ExecResult> {
  const result = await execPlain(program, args, {
    cwd: folder() || made(),
    ...(input !== undefined && { input }),
  });
  expect(result, result.stderr).toMatchObject({ exitCode: 0 });
  return result;
}

// What a training on a text prints as the sum of what it learned, and what it says besides.
async function trained(name: string, ...args: string[]): Promise<{ sum: string; notes: string }> {
  const { stdout, stderr } = await ok([
    'train',
    '--text',
    name,
    '--out',
    'none',
    ...steps,
    ...args,
  ]);
  return { sum: / CRC-32 ([0-9a-f]{8})/.exec(stdout)?.[1] ?? 'none', notes: stderr };
}

// The command that a message ends with, run by a shell.
function mend(message: string): void {
  const command = /: ((?:iconv|tr|sed|head) .*?)(?:; --tokenizer .*)?$/.exec(message.trim())?.[1];
  execFileSync('sh', ['-c', command ?? 'false'], { cwd: folder() });
}

describe('a byte order mark before a text', () => {
  test('is no part of what is learned, and that is said', async () => {
    write('plain.txt', text);
    write('marked.txt', Buffer.concat([MARK, Buffer.from(text)]));
    for (const kind of [['chars'], ['bytes'], ['bpe', '--vocab', '270']]) {
      const plain = await trained('plain.txt', '--tokenizer', ...kind);
      expect(plain.notes).toBe('');
      expect(await trained('marked.txt', '--tokenizer', ...kind)).toEqual({
        sum: plain.sum,
        notes:
          'legacy_llm: note: marked.txt begins with a byte order mark, which is no part of the ' +
          'text and is left out\n',
      });
    }
  });

  test('is left out by all that reads a text, so a training goes on without it', async () => {
    write('plain.txt', text);
    write('marked.txt', Buffer.concat([MARK, Buffer.from(text)]));
    const plain = await ok(['eval', '--json', '--model', model, '--text', 'plain.txt']);
    const marked = await ok(['eval', '--json', '--model', model, '--text', 'marked.txt']);
    expect(marked.stdout).toBe(plain.stdout);
    expect(marked.stderr).toContain('byte order mark');
    await ok(['train', '--text', 'marked.txt', '--out', 'm', ...steps, '--stop-after', '1']);
    await ok(['train', '--text', 'plain.txt', '--resume', 'm']);
    expect(read('m').equals(readFileSync(model))).toBe(true);
    write('prompt', Buffer.concat([MARK, Buffer.from('line')]));
    const { stdout } = await ok(['generate', '--model', model, '--prompt-file', 'prompt']);
    expect(stdout.startsWith('line')).toBe(true);
    const talk = ['generate', '--model', model, '-i', '--tokens', '1'];
    expect((await ok(talk, Buffer.concat([MARK, Buffer.from('line\n')]))).stderr).toBe('');
  });

  test('is encoded by tokenizers that take any bytes, and decoded', async () => {
    const bytes = Buffer.concat([MARK, Buffer.from(text)]);
    write('marked.txt', bytes);
    for (const kind of ['bytes', './bpe']) {
      await ok(['tokenizer', '--text', 'marked.txt', '--tokenizer', 'bpe', '--out', 'bpe']);
      const encode = ['encode', '--text', 'marked.txt', '--tokenizer', kind, '--out', 'numbers'];
      expect((await ok(encode)).stderr).toBe('');
      await ok(['decode', '--text', 'numbers', '--tokenizer', kind, '--out', 'back']);
      expect(read('back').equals(bytes)).toBe(true);
    }
    const characters = await ok(['encode', '--text', 'marked.txt', '--model', model, '--out', 'n']);
    expect(characters.stderr).toContain('byte order mark');
    await ok(['decode', '--text', 'n', '--model', model, '--out', 'back']);
    expect(read('back').toString()).toBe(text);
  });
});

describe('the ends of lines', () => {
  const ends = [
    ['CR LF', '\r\n', 'odd.txt ends its lines with CR LF, as Windows does'],
    ['CR', '\r', 'odd.txt has 300 CR without a LF, which end lines on old Macintoshes'],
  ] as const;

  test.each(ends)('%s are kept, and said, with what makes them LF', async (_name, end, says) => {
    write('odd.txt', text.replaceAll('\n', end));
    const { notes } = await trained('odd.txt');
    expect(notes).toContain(`legacy_llm: note: ${says}; to have LF`);
    mend(notes);
    expect(read('odd.lf.txt').toString()).toBe(text);
    expect((await trained('odd.lf.txt')).notes).toBe('');
    await ok(['encode', '--text', 'odd.txt', '--out', 'n', '--tokenizer', 'bytes']);
    await ok(['decode', '--text', 'n', '--out', 'back', '--tokenizer', 'bytes']);
    expect(read('back').equals(read('odd.txt'))).toBe(true);
  });

  test.each(ends)('%s that a model does not know are named', async (_name, end, says) => {
    write('odd.txt', text.replaceAll('\n', end));
    for (const command of [['eval'], ['encode'], ['generate', '--prompt-file', 'odd.txt']]) {
      const option = command.length > 1 ? [] : ['--text', 'odd.txt'];
      const result = await run([...command, '--model', model, ...option]);
      expect(result.exitCode).toBe(2);
      expect(onlyLine(result)).toContain('does not know the character CR at byte 28 of odd.txt');
      expect(onlyLine(result)).toContain(says.slice('odd.txt '.length));
    }
  });

  test('a separator that has others than the text is refused with the one it has', async () => {
    const train = (name: string, separator: string) =>
      run(['train', '--text', name, '--separator', separator, '--out', 'm', '--force', ...steps]);
    write('windows.txt', text.replaceAll('\n', '\r\n\r\n'));
    write('old.txt', text.replaceAll('\n', '\r\r'));
    write('lines.txt', text.replaceAll('\n', '\r\n'));
    for (const [name, other] of [
      ['windows.txt', '\\r\\n\\r\\n'],
      ['old.txt', '\\r\\r'],
    ] as const) {
      const result = await train(name, '\\n\\n');
      expect(result.exitCode).toBe(2);
      expect(onlyLine(result)).toContain(`has other line ends; give --separator "${other}"`);
      expect(await train(name, other)).toMatchObject({ exitCode: 0 });
      expect(readCheckpoint(read('m')).tokenizer.separator.length).toBeGreaterThan(1);
    }
    const nowhere = onlyLine(await train('lines.txt', '\\n\\n'));
    expect(nowhere).toContain('stands nowhere in lines.txt; give --separator what stands between');
  });
});

describe('another encoding', () => {
  const encodings = [
    ['LATIN1', [], 'is not UTF-8 text: byte 26 is wrong; to make it UTF-8, if it is Latin-1'],
    ['UTF-16', [], 'is UTF-16, not UTF-8; to make it UTF-8'],
    ['UTF-16LE', [], 'is UTF-16, not UTF-8; to make it UTF-8'],
    ['UTF-16BE', [], 'is UTF-16, not UTF-8; to make it UTF-8'],
    ['UTF-16BE', [0xfe, 0xff], 'is UTF-16, not UTF-8; to make it UTF-8'],
    ['UTF-32', [], 'is UTF-32, not UTF-8; to make it UTF-8'],
  ] as const;

  test.each(encodings)('%s %j is refused with the very command', async (charset, mark, says) => {
    const bytes = execFileSync('iconv', ['-f', 'UTF-8', '-t', charset], { input: text });
    write('my.txt', Buffer.concat([Buffer.from(mark), bytes]));
    for (const command of [
      ['train', '--text', 'my.txt', '--out', 'm'],
      ['plan', '--text', 'my.txt'],
      ['tokenizer', '--text', 'my.txt', '--out', 'm'],
      ['eval', '--text', 'my.txt', '--model', model],
      ['encode', '--text', 'my.txt', '--model', model],
      ['generate', '--prompt-file', 'my.txt', '--model', model],
    ]) {
      const result = await run(command);
      expect(result.exitCode, command.join(' ')).toBe(2);
      expect(onlyLine(result)).toContain(`my.txt ${says}: iconv -f ${charset.slice(0, 6)}`);
      expect(onlyLine(result)).toContain('-t UTF-8 my.txt > my.utf8.txt');
    }
    expect(existsSync(at('m'))).toBe(false);
    mend(onlyLine(await run(['plan', '--text', 'my.txt'])));
    expect(read('my.utf8.txt').toString()).toBe(text);
    const { notes } = await trained('my.txt', '--tokenizer', 'bytes');
    expect(notes).toContain(`legacy_llm: note: my.txt ${says}: iconv`);
  });

  test('a name that a shell would take otherwise is quoted', async () => {
    const name = "my story's $1.txt";
    write(name, Buffer.from(text, 'latin1'));
    mend(onlyLine(await run(['train', '--text', name, '--out', 'none', ...steps])));
    expect(read("my story's $1.utf8.txt").toString()).toBe(text);
  });

  const damages: [what: string, damage: (bytes: Buffer) => Buffer, says: string][] = [
    [
      'its last character cut',
      (b) => b.subarray(0, -2),
      'where its last character is cut; to leave',
    ],
    [
      'a wrong byte',
      (b) => Buffer.concat([b.subarray(0, -2), Buffer.from([0xff]), b.subarray(-2)]),
      'though most is UTF-8; to leave out what is not',
    ],
  ];
  test.each(damages)('UTF-8 with %s is said to be that', async (_what, damage, says) => {
    write('my.txt', damage(Buffer.from(`${text}xe\u0301n`)));
    const message = onlyLine(await run(['train', '--text', 'my.txt', '--out', 'none', ...steps]));
    const place = Buffer.byteLength(text) + 3;
    expect(message).toContain(`my.txt is not UTF-8 text: byte ${place} is wrong, ${says}`);
    mend(message);
    expect(read('my.utf8.txt').toString().startsWith(`${text}xe`)).toBe(true);
    expect((await trained('my.utf8.txt')).notes).toBe('');
  });

  test('a NUL is said with its place, also by a model', async () => {
    write('my.txt', `${text}a\0b\n`);
    const place = Buffer.byteLength(text) + 2;
    const says = `my.txt has a NUL at byte ${place}, which no text has; to take NULs out: tr -d`;
    for (const command of ['train', 'encode']) {
      const more = command === 'train' ? ['--out', 'none', ...steps] : ['--model', model];
      const result = await run([command, '--text', 'my.txt', ...more]);
      expect(result.exitCode).toBe(2);
      expect(onlyLine(result)).toContain(says);
    }
    mend(onlyLine(await run(['plan', '--text', 'my.txt'])));
    expect(read('my.text.txt').toString()).toBe(`${text}ab\n`);
  });

  test('a character that a model does not know is named', async () => {
    write('my.txt', 'line\n\u20ac');
    const result = await run(['encode', '--text', 'my.txt', '--model', model]);
    expect(onlyLine(result)).toContain('the character at byte 6 of my.txt, U+20AC (\u20ac)');
  });
});

describe('what is no text', () => {
  const files: [name: string, make: () => Uint8Array, says: string][] = [
    ['a gzip file', () => gzipSync(text), 'is a gzip file, not a text; unpack it with gunzip'],
    ['a zip archive', () => Buffer.from('PK\x03\x04\x14\0\0\0'.repeat(99)), 'is a zip archive, or'],
    [
      'a PDF',
      () => Buffer.from('%PDF-1.4\n%\xe2\xe3'.repeat(99), 'latin1'),
      'is a PDF, not a text',
    ],
    ['a checkpoint', () => readFileSync(model), 'is the checkpoint of a training, not a text'],
    ['a program', () => readFileSync(program), 'is a program, not a text'],
  ];

  test.each(files)('%s is called what it is', async (_name, make, says) => {
    write('my.txt', make());
    const result = await run(['train', '--text', 'my.txt', '--out', 'none', ...steps]);
    expect(result.exitCode).toBe(2);
    expect(onlyLine(result)).toContain(`my.txt ${says}`);
    const notes = (await trained('my.txt', '--tokenizer', 'bytes')).notes;
    expect(notes).toContain(`note: my.txt ${says}`);
  });

  test('as a model or a tokenizer, it is called what it is', async () => {
    write('my.txt', text);
    write('my.gz', gzipSync(text));
    await ok(['tokenizer', '--text', 'my.txt', '--out', 'my.tok']);
    const wide = execFileSync('iconv', ['-f', 'UTF-8', '-t', 'UTF-16'], { input: read('my.tok') });
    write('wide.tok', wide);
    write('the wide.tok', wide);
    for (const [args, says] of [
      [['info', '--model', 'my.txt'], 'my.txt: it is a text, not a checkpoint of this program'],
      [['info', '--model', 'my.tok'], 'it is a tokenizer, not a checkpoint of this program'],
      [['generate', '--model', 'my.gz'], 'it is a gzip file, not a checkpoint of this program'],
      [['info', '--model', '.'], 'Is a directory'],
      [['encode', '--tokenizer', model], 'it is the checkpoint of a training; give a file that'],
      [['encode', '--tokenizer', 'my.txt'], 'line 1 is not "legacy_llm tokenizer 1"'],
      [['encode', '--tokenizer', 'wide.tok'], 'iconv -f UTF-16 -t UTF-8 wide.tok > '],
      [['encode', '--tokenizer', 'the wide.tok'], "iconv -f UTF-16 -t UTF-8 'the wide.tok' > "],
    ] as const) {
      const result = await run([...args, ...(args[0] === 'encode' ? ['--text', 'my.txt'] : [])]);
      expect(result.exitCode).not.toBe(0);
      expect(onlyLine(result)).toContain(says);
    }
  });
});

describe('the licence around a book', () => {
  const start = '*** START OF THE PROJECT GUTENBERG EBOOK OF LINES ***\n';
  const end = '*** END OF THE PROJECT GUTENBERG EBOOK OF LINES ***\n';
  const books: [name: string, before: string, after: string, places: string][] = [
    ['of today', `The eBook\n\n${start}`, `${end}Section 1\n`, 'up to line 3 and from line 304 on'],
    [
      'of THIS book, by Windows',
      `The eBook\r\n${start.replace('THE', 'THIS').replace('\n', '\r\n')}`,
      "End of Project Gutenberg's Lines\n\n***END OF THIS PROJECT GUTENBERG EBOOK LINES***\n",
      'up to line 2 and from line 303 on',
    ],
    [
      'of the nineties',
      '*END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*END*\n',
      '',
      'up to line 1',
    ],
    ['without a beginning', '', end, 'from line 301 on'],
  ];

  test.each(books)(
    '%s is said, with the command that cuts it',
    async (_name, before, after, places) => {
      write('book.txt', before + text + after);
      const { notes } = await trained('book.txt');
      const note = notes.split('\n').find((line) => line.includes('licence')) ?? '';
      expect(note).toContain(`has the licence of Project Gutenberg around its text, ${places},`);
      mend(note);
      expect(read('book.book.txt').toString()).toBe(text);
    },
  );

  test('of several books is cut between them, too', async () => {
    write('books.txt', `Licence\n${start}${text}${end}Licence\n${start}${text}${end}Licence\n`);
    const { notes } = await trained('books.txt');
    expect(notes).toContain('and between its books');
    mend(notes);
    expect(read('books.book.txt').toString()).toBe(text + text);
  });

  test('is not seen in a story that only names it, nor told to who goes on', async () => {
    write('story.txt', `${text}She read a Project Gutenberg book, to the end of the project.\n`);
    expect((await trained('story.txt')).notes).toBe('');
    write('book.txt', start + text + end);
    await ok(['train', '--text', 'book.txt', '--out', 'm', ...steps, '--stop-after', '1']);
    expect((await ok(['train', '--text', 'book.txt', '--resume', 'm'])).stderr).toBe('');
  });
});

describe('a text that can be read only once', () => {
  // Each command that reads a text, and what it leaves that can be compared.
  const commands: Record<string, string[]> = {
    train: ['train', '--out', 'out', ...steps],
    streaming: ['train', '--out', 'out', ...steps, '--text-ram', '1KB', '--tokenizer', 'bpe'],
    eval: ['eval', '--json'],
    streamingEval: ['eval', '--json', '--text-ram', '1KB'],
    plan: ['plan'],
    presets: ['presets', '--json', '--tokenizer', 'bpe'],
    tokenizer: ['tokenizer', '--tokenizer', 'bpe', '--out', 'out'],
    encode: ['encode'],
    learned: ['encode', '--tokenizer', 'bpe', '--vocab', '270'],
  };
  const ways: Record<string, string> = {
    'a pipe': 'cat t.txt | "$@" --text -',
    'a file': '"$@" --text - < t.txt',
    'a pipe by its device': 'cat t.txt | "$@" --text /dev/stdin',
    'process substitution': '"$@" --text <(cat t.txt)',
    'a FIFO': 'mkfifo fifo; cat t.txt > fifo & "$@" --text fifo; rm fifo',
  };
  // The output of a command, and its file, less the numbers that differ from run to run.
  async function outputOf(script: string, args: readonly string[]): Promise<string> {
    const command = ['-c', script, 'bash', program, ...args];
    const result = await execPlain('bash', command, { cwd: folder() });
    expect(result, result.stderr).toMatchObject({ exitCode: 0, stderr: '' });
    const file = existsSync(at('out')) ? read('out').toString('latin1') : '';
    execFileSync('rm', ['-f', at('out')]);
    const named = result.stdout.replaceAll(/standard input|fifo|\/dev\/[\w/]+/g, 't.txt');
    const own = /^ .*(program|total|RAM).*$|^(step|memory:).*$|,"(peak|process|total)_bytes.*$/gm;
    return named.replaceAll(own, '') + file;
  }

  test.each(Object.keys(commands))('%s takes it as it takes a file', async (name) => {
    write('t.txt', text);
    const settings = commands[name] ?? [];
    const args = settings[0] === 'eval' ? [...settings, '--model', model] : settings;
    const file = await outputOf('"$@" --text t.txt', args);
    expect(file.length).toBeGreaterThan(10);
    for (const [way, script] of Object.entries(ways)) {
      expect(await outputOf(script, args), way).toBe(file);
    }
    expect(readdirSync(folder())).toEqual(['t.txt']);
  });

  test('a training goes on with it, and refuses another', async () => {
    for (const streams of [[], ['--text-ram', '1KB']]) {
      const train = ['train', '--text', '-'];
      await ok([...train, '--out', 'm', ...steps, '--stop-after', '1', ...streams], text);
      const other = await run([...train, '--resume', 'm'], text.slice(1));
      expect(onlyLine(other)).toContain('m was trained on another text than standard input');
      await ok([...train, '--resume', 'm', ...streams], text);
      expect(read('m').equals(readFileSync(model))).toBe(true);
      execFileSync('rm', [at('m')]);
    }
  });

  test('a prompt comes from it, and numbers to decode', async () => {
    const prompt = ['generate', '--model', model, '--tokens', '3', '--json', '--prompt-file'];
    write('p', 'line 3');
    const file = await ok([...prompt, 'p']);
    for (const script of ['cat p | "$@" -', '"$@" <(cat p)', 'cat p | "$@" /dev/stdin']) {
      const result = await execPlain('bash', ['-c', script, 'bash', program, ...prompt], {
        cwd: folder(),
      });
      expect(result.stdout, script).toBe(file.stdout);
    }
    const decoded = await ok(['decode', '--text', '-', '--tokenizer', 'bytes'], '104 105');
    expect(decoded.stdout).toBe('hi');
    const marked = Buffer.concat([MARK, Buffer.from('104\r\n105\r\n')]);
    expect((await ok(['decode', '--text', '-', '--tokenizer', 'bytes'], marked)).stdout).toBe('hi');
  });

  test.each(['train', 'eval', 'plan', 'presets', 'tokenizer', 'encode'])(
    '%s says of an empty one that it is empty',
    async (command) => {
      const more = { eval: ['--model', model], tokenizer: ['--out', 'x'] }[command] ?? [];
      for (const script of ['"$@" --text - < /dev/null', 'printf "" | "$@" --text -']) {
        const args = ['-c', script, 'bash', program, command, ...more];
        const result = await execPlain('bash', args, { cwd: folder() });
        expect(result.exitCode).toBe(2);
        expect(onlyLine(result)).toBe('legacy_llm: standard input is empty; give another text');
      }
    },
  );

  test('it is kept where TMPDIR says, and gone in the end', async () => {
    mkdirSync(at('tmp'));
    write('t.txt', text);
    const script = 'cat t.txt | strace -f -e trace=openat "$@" 2>&1 | grep -c "$TMPDIR/legacy_llm"';
    const strace = await execPlain('bash', ['-c', 'command -v strace'], {});
    const plan = ['plan', '--text', '-'];
    const seen = strace.exitCode === 0 ? script : 'cat t.txt | "$@" > /dev/null && echo 1';
    const { stdout } = await execPlain('bash', ['-c', seen, 'bash', program, ...plan], {
      cwd: folder(),
      env: { TMPDIR: at('tmp') },
    });
    expect(stdout.trim()).toBe('1');
    expect(readdirSync(at('tmp'))).toEqual([]);
  });

  test('a disk that cannot keep it is named, with what to do', async () => {
    write('t.txt', text.repeat(9));
    const script = 'ulimit -f 8; cat t.txt | "$@" --text -';
    const result = await execPlain('bash', ['-c', script, 'bash', program, 'plan'], {
      cwd: folder(),
    });
    expect(result.exitCode).toBe(1);
    expect(onlyLine(result)).toMatch(
      /cannot keep standard input in a temporary file: .*; save it as a file and give that, or set TMPDIR/,
    );
  });

  test('on a terminal, the program says that it waits for a text', async () => {
    const script = `printf 'a cat sat\\n\\004' | script -qec "$0 encode --text - --tokenizer bytes" /dev/null`;
    const { stdout } = await execPlain('bash', ['-c', script, program], { cwd: folder() });
    expect(stdout).toContain('type the text; Ctrl-D on a line of its own ends it');
    expect(stdout).toContain('97 32 99 97 116');
  });

  test('a model from a pipe is refused in one line', async () => {
    const script = `cat ${model} | "$@" --model /dev/stdin`;
    const result = await execPlain('bash', ['-c', script, 'bash', program, 'info'], {});
    expect(result.exitCode).toBe(2);
    expect(onlyLine(result)).toContain('a model is read more than once, and this is no file');
    const file = await execPlain('bash', [
      '-c',
      `"$0" info --model /dev/stdin < ${model}`,
      program,
    ]);
    expect(file).toMatchObject({ exitCode: 0, stderr: '' });
  });
});

describe('files that were edited on Windows', () => {
  const windows = (file: Buffer) =>
    Buffer.concat([MARK, Buffer.from(file.toString('latin1').replaceAll('\n', '\r\n'), 'latin1')]);

  test.each(['chars', 'bpe'])('a tokenizer of %s is as good', async (kind) => {
    write('t.txt', text);
    const tokenizer = ['--tokenizer', kind, '--separator', '\\n'];
    await ok(['tokenizer', '--text', 't.txt', ...tokenizer, '--out', 'my.tok']);
    write('windows.tok', windows(read('my.tok')));
    const encode = (name: string) => ok(['encode', '--text', 't.txt', '--tokenizer', name]);
    expect(await encode('windows.tok')).toMatchObject({
      stdout: (await encode('my.tok')).stdout,
      stderr: '',
    });
  });

  test.each(['json', 'csv'])('a training goes on with its log in %s', async (format) => {
    write('t.txt', text);
    const log = ['--log', 'log', '--log-format', format];
    const train = ['train', '--text', 't.txt', ...log];
    await ok([...train, '--out', 'm', ...steps]);
    const whole = read('log');
    await ok([...train, '--out', 'n', ...steps, '--stop-after', '1', '--force']);
    write('log', windows(read('log')));
    expect(onlyLine(await run([...train, '--out', 'x', ...steps]))).toContain('--force');
    await ok([...train, '--resume', 'n']);
    expect(read('log').toString()).toBe(whole.toString());
  });

  test('a file that is no log is not replaced by a training that goes on', async () => {
    write('t.txt', text);
    await ok(['train', '--text', 't.txt', '--out', 'm', ...steps, '--stop-after', '1']);
    for (const other of ['Dear diary\n', '{"event":"plan"}\n', 'a,b\n1,2\n', '\u{feff}x\r\n']) {
      write('notes', other);
      for (const format of ['json', 'csv']) {
        const log = ['--log', 'notes', '--log-format', format];
        const result = await run(['train', '--text', 't.txt', '--resume', 'm', ...log]);
        expect(result.exitCode).toBe(2);
        expect(onlyLine(result)).toContain(
          'notes is a file that this program did not write; give --log another',
        );
        expect(read('notes').toString()).toBe(other);
      }
    }
  });
});

describe('the text and the model that come with the program', () => {
  const data = (name: string) => path.join(rootDir, 'data', name);
  const install = (...folders: string[]) => {
    for (const name of folders) {
      mkdirSync(at(name), { recursive: true });
      for (const file of ['stories.llm', 'tiny_stories_sample.txt'])
        copyFileSync(data(file), path.join(at(name), file));
    }
  };
  const info = (name: string, cwd: string, ...before: string[]) =>
    execPlain('sh', ['-c', '"$@" info', 'sh', ...before, name], { cwd });

  test('are found beside it, then where they are installed, then here', async () => {
    mkdirSync(at('prefix/bin'), { recursive: true });
    mkdirSync(at('empty'));
    copyFileSync(program, at('prefix/bin/legacy_llm'));
    execFileSync('chmod', ['+x', at('prefix/bin/legacy_llm')]);
    const places = ['empty/data', 'prefix/share/legacy_llm', 'prefix/bin/data'];
    const said = ['data', at('prefix/share/legacy_llm'), at('prefix/bin/data')];
    for (const [i, place] of places.entries()) {
      install(place);
      const { stdout } = await info(at('prefix/bin/legacy_llm'), at('empty'));
      expect(stdout.split('\n')[0]).toBe(`${said[i]}/stories.llm`);
    }
  });

  test('are found by a link, by PATH, and by the short name where that is the same', async () => {
    mkdirSync(at('prefix/bin'), { recursive: true });
    mkdirSync(at('elsewhere'));
    copyFileSync(program, at('prefix/bin/legacy_llm'));
    execFileSync('chmod', ['+x', at('prefix/bin/legacy_llm')]);
    execFileSync('ln', ['-s', '../prefix/bin/legacy_llm', at('elsewhere/linked')]);
    install('prefix/share/legacy_llm');
    const found = `${at('prefix/share/legacy_llm')}/stories.llm`;
    for (const name of ['./linked', at('elsewhere/linked')]) {
      expect((await info(name, at('elsewhere'))).stdout.split('\n')[0]).toBe(found);
    }
    const byPath = await info('legacy_llm', '/', 'env', `PATH=${at('prefix/bin')}:/usr/bin:/bin`);
    expect(byPath.stdout.split('\n')[0]).toBe(found);
    install('prefix/bin/data');
    const here = await info('./legacy_llm', at('prefix/bin'));
    expect(here.stdout.split('\n')[0]).toBe('data/stories.llm');
    const generated = await execPlain(at('prefix/bin/legacy_llm'), ['generate', '--tokens', '5'], {
      cwd: '/',
    });
    expect(generated).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test('where they are nowhere, the places are named', async () => {
    mkdirSync(at('bin'));
    copyFileSync(program, at('bin/legacy_llm'));
    execFileSync('chmod', ['+x', at('bin/legacy_llm')]);
    for (const command of ['generate', 'train', 'plan']) {
      const result = await execPlain(at('bin/legacy_llm'), [command], { cwd: folder() });
      expect(result.exitCode).toBe(2);
      expect(onlyLine(result)).toContain(
        `it was looked for in ${at('bin/data/')}, ${at('share/legacy_llm/')} and ./data/`,
      );
    }
    const given = await run(['train', '--text', 'data/tiny_stories_sample.txt']);
    expect(onlyLine(given)).not.toContain('looked for');
    expect(readdirSync(folder())).toEqual(['bin']);
  });
});
