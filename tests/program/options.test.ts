// Options, as each command lists them: what is listed is taken, what is not is refused by name, and
// the defaults are those that are used.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ExecResult } from '../../ts/support/exec.ts';
import { rootDir } from '../../ts/support/paths.ts';
import { execPlain } from '../exec.ts';
import { stories } from '../stories.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { onlyLine, programOf, small } from './program.ts';

const folder = useTemporaryFolder();
const at = (name: string) => path.join(folder(), name);

async function run(...args: string[]): Promise<ExecResult> {
  return execPlain(await programOf('host-sse'), args, { cwd: rootDir });
}

async function print(...args: string[]): Promise<string> {
  const result = await run(...args);
  expect(result).toMatchObject({ stderr: '', exitCode: 0 });
  return result.stdout;
}

const COMMANDS = [
  ...['train', 'generate', 'eval', 'info', 'export', 'tokenizer', 'encode', 'decode', 'plan'],
  ...['presets', 'methods', 'bench', 'baseline', 'llama2', 'selftest'],
];

/** An option as a help lists it. */
interface Listed {
  name: string;
  letter?: string;
  /** Undefined for a flag. */
  argument?: string;
  default?: string;
}

// The options of a help, those of every command aside.
function listedIn(help: string): Listed[] {
  const listed: Listed[] = [];
  for (const line of help.split('\n')) {
    const found = /^ {2}(?:-(\w), )?--([\w-]+)(?: ([^ ]+))?(?: {2,}|$| [^ ])/.exec(line);
    if (found?.[2]) {
      const [, letter, name, argument] = found;
      listed.push({ name, ...(letter && { letter }), ...(argument && { argument }) });
    }
    const value = /\(default: (.+)\)$/.exec(line)?.[1];
    const last = listed.at(-1);
    if (value !== undefined && last) last.default = value;
  }
  return listed.filter(({ name }) => name !== 'help' && name !== 'version');
}

const lists = new Map<string, Promise<Listed[]>>();

function listedBy(command: string): Promise<Listed[]> {
  const known = lists.get(command) ?? print(command, '--help').then(listedIn);
  lists.set(command, known);
  return known;
}

// What makes a command end at once, before its options are tried.
const quickly: Record<string, string[]> = {
  train: ['--text', 'missing'],
  generate: ['--model', 'missing'],
  eval: ['--model', 'missing'],
  info: ['--model', 'missing'],
  export: ['--model', 'missing', '--out', 'missing/out'],
  tokenizer: ['--text', 'missing', '--out', 'missing/out'],
  encode: ['--text', 'missing'],
  decode: ['--text', 'missing', '--tokenizer', 'bytes'],
  plan: ['--text', 'missing'],
  presets: ['--text', 'missing'],
  methods: [],
  bench: ['--only', 'dot', '--form', 'fast', '--repeat', '1'],
  baseline: ['--text', 'missing'],
  llama2: ['--model', 'missing', '--tokenizer', 'missing'],
  selftest: [],
};

// A value that an option takes, by what the help calls it.
function exampleOf({ name, argument = '', default: value }: Listed): string {
  if (argument === 'FILE' || argument === '-|FILE') return 'missing';
  if (value !== undefined) return value;
  if (name === 'only') return 'step,dot';
  if (name === 'form') return 'plain,fast';
  if (name === 'vocab') return '300';
  if (name === 'batch-tokens') return '4096';
  const examples: Record<string, string> = { TEXT: 'a', SIZE: '64MB', X: '1e-1' };
  return examples[argument] ?? (/^N$/.test(argument) ? '1' : (argument.split('|')[0] ?? ''));
}

const REFUSAL = /unknown option|has no --|needs a value|takes no value|is empty|unexpected|: give /;

describe.each(COMMANDS)('%s', (command) => {
  test('takes every option that its help lists, written either way', async () => {
    for (const option of await listedBy(command)) {
      const value = exampleOf(option);
      const name = `--${option.name}`;
      const ways = option.argument ? [[name, value], [`${name}=${value}`]] : [[name]];
      if (option.letter) ways.push([`-${option.letter}`, ...(option.argument ? [value] : [])]);
      for (const way of ways) {
        const { stderr, exitCode } = await run(command, ...(quickly[command] ?? []), ...way);
        expect(stderr, way.join(' ')).not.toMatch(REFUSAL);
        expect([0, 1, 2], `${way.join(' ')}: ${stderr}`).toContain(exitCode);
      }
    }
  });

  test('refuses every option that another command lists and it does not', async () => {
    const own = new Set((await listedBy(command)).map(({ name }) => name));
    const others = new Map<string, string[]>();
    for (const other of COMMANDS) {
      for (const { name } of await listedBy(other)) {
        if (!own.has(name)) others.set(name, [...(others.get(name) ?? []), other]);
      }
    }
    expect(others.size).toBeGreaterThan(0);
    for (const [name, owners] of others) {
      const result = await run(command, `--${name}`, '1');
      expect(result.exitCode).toBe(2);
      expect(onlyLine(result)).toContain(`${command} has no --${name}; that is an option of`);
      const list = / an option of (.*)$/.exec(onlyLine(result))?.[1]?.split(/, | and /);
      expect(list?.sort()).toEqual(owners.sort());
    }
  });

  test('refuses what it lists without a value, and a flag with one', async () => {
    for (const { name, argument } of await listedBy(command)) {
      const result = await run(command, argument ? `--${name}` : `--${name}=yes`);
      expect(result.exitCode).toBe(2);
      const says = argument ? `--${name} needs a value: --${name} ` : `--${name} takes no value`;
      expect(onlyLine(result)).toContain(says);
    }
  });

  test('prints its help and the version, wherever these are asked for', async () => {
    const help = await print(command, '--help');
    expect(help).toMatch(new RegExp(`^legacy_llm ${command}: .*\n\nusage: legacy_llm ${command}`));
    for (const line of help.split('\n')) expect(line.length, line).toBeLessThanOrEqual(100);
    const first = (quickly[command] ?? []).slice(0, 2);
    expect(await print(command, '-h')).toBe(help);
    expect(await print(command, ...first, '--nonsense', '-h')).toBe(help);
    expect(await print('help', command)).toBe(help);
    expect(await print('--help', command)).toBe(help);
    const version = await print('--version');
    expect(version).toMatch(/^legacy_llm \d+\.\d+\.\d+, kernels: SSE1 and MMX\n$/);
    expect(await print(command, '--version')).toBe(version);
    expect(await print(command, '-V')).toBe(version);
    expect(await print(command, ...first, '--version')).toBe(version);
  });

  test('its examples have options that it takes', async () => {
    const help = await print(command, '--help');
    const names = new Set(listedIn(help).map(({ name }) => name));
    const examples = help.split('Examples:\n')[1] ?? '';
    for (const [, name] of examples.matchAll(/ --([\w-]+)/g)) expect(names).toContain(name);
  });
});

// What a command prints, or writes, with these arguments; numbers that differ from run to run aside.
const results: Record<string, (...args: string[]) => Promise<string>> = {
  train: async (...args) => {
    const made = ['--out', at('m.ckpt'), '--log', at('log'), '--force'];
    await print('train', '--stop-after', '2', ...made, ...args);
    return ['m.ckpt', 'log'].map((name) => readFileSync(at(name), 'latin1')).join('|');
  },
  generate: (...args) => print('generate', ...args),
  eval: (...args) => print('eval', '--eval-tokens', '600', '--json', ...args),
  info: (...args) => print('info', ...args),
  export: async (...args) => {
    await print('export', '--out', at('e'), ...args);
    return readFileSync(at('e'), 'latin1');
  },
  tokenizer: async (...args) => {
    await print('tokenizer', '--out', at('t'), ...args);
    return readFileSync(at('t'), 'utf8');
  },
  encode: (...args) => print('encode', ...args),
  plan: async (...args) => {
    const printed = await print('plan', '--json', ...args);
    return /"items":\[[^\]]*\]/.exec(printed)?.[0] ?? 'no plan';
  },
  presets: (...args) => print('presets', '--json', ...args),
  bench: async (...args) => {
    const printed = await print('bench', '--json', '--only', 'step', '--form', 'fast', ...args);
    return printed.replace(/"(repeats|\w+_us)":"?[\d.]+"?,/g, '');
  },
};

describe('defaults', () => {
  test.each(Object.keys(results))(
    'those that the help of %s prints are those that it uses',
    async (command) => {
      const result = results[command];
      if (!result) throw new Error('no such command');
      let tried = 0;
      const options = await listedBy(command);
      const tokenizes = options.some(({ name }) => name === 'tokenizer'); // bench draws its text
      writeFileSync(at('short'), readFileSync(stories).subarray(0, 20_000)); // soon counted
      const plain = new Map<string, string>();
      for (const { name, default: value } of options) {
        if (value === undefined) continue;
        const bpe = name === 'vocab' && tokenizes ? ['--tokenizer', 'bpe'] : [];
        const text = command === 'train' && name !== 'text' ? ['--text', at('short')] : [];
        const beside = [...bpe, ...text];
        const before = plain.get(beside.join()) ?? (await result(...beside));
        plain.set(beside.join(), before);
        const given = await result(...beside, `--${name}=${value}`);
        expect(given === before, `--${name} ${value}`).toBe(true);
        tried++;
      }
      expect(tried).toBeGreaterThan(0);
    },
  );

  test('no default of a length or a rate is printed that is not one', async () => {
    for (const { name, default: value } of await listedBy('train')) {
      if (/^(lr|warmup|micro-batch|ram|stop-after|out|resume)$/.test(name)) {
        expect(value, name).toBeUndefined();
      }
    }
  });
});

describe('numbers', () => {
  const rates = ['--steps', '2', ...small];
  async function trained(...args: string[]): Promise<string> {
    await print('train', '--out', at('m.ckpt'), '--force', ...rates, ...args);
    return readFileSync(at('m.ckpt'), 'latin1');
  }

  test('a decimal may have an exponent', async () => {
    const plain = await trained('--lr', '0.004', '--embedding-lr', '0.01', '--clip', '10');
    const powers = await trained('--lr=4e-3', '--embedding-lr', '1E-2', '--clip', '1e+1');
    expect(powers === plain).toBe(true);
    expect((await trained('--lr', '0.005', '--embedding-lr', '0.01')) === plain).toBe(false);
  });

  test.each([
    ['train', '--lr', '-1e-3', 'from 0 to 1000'],
    ['train', '--embedding-lr', '1001', 'from 0 to 1000'],
    ['train', '--clip', '0', 'above 0 and at most 1000'],
    ['train', '--lr', '1e-20', 'of at most 7 digits and none beyond the tenth after the point'],
    ['train', '--lr', '0.12345678', 'of at most 7 digits'],
    ['generate', '--top-p', '90', 'above 0 and at most 1'],
    ['generate', '--top-p', 'nan', 'above 0 and at most 1'],
    ['generate', '--temperature', 'inf', 'from 0 to 100'],
    ['generate', '--temperature', '-1', 'a decimal number from 0 to 100'],
    ['generate', '--temperature', '0x1', 'from 0 to 100'],
    ['train', '--steps', '1e3', 'a whole number from 1 to 1048576'],
    ['train', '--steps', '5.0', 'a whole number from 1 to 1048576'],
    ['train', '--steps', '99999999999999999999', 'a whole number from 1 to 1048576'],
    ['train', '--seed', '4294967296', 'from 0 to 4294967295'],
    ['train', '--ram', '0', 'a size above 0 and below 8589934592GB'],
    ['train', '--ram', '8589934592GB', 'below 8589934592GB'],
    ['train', '--text-ram', '64XB', 'digits, then KB, MB or GB, such as 64MB'],
    ['train', '--ram', '1e3', 'digits, then KB, MB or GB'],
    ['train', '--ram', '-5MB', 'above 0'],
    ['train', '--lr', '1e', 'from 0 to 1000'],
    ['generate', '--top-p', '1.01', 'above 0 and at most 1'],
    ['generate', '--top-p', '0', 'above 0 and at most 1'],
    ['generate', '--temperature', '1e3', 'from 0 to 100'],
    ['generate', '--seed', '-1', 'from 0 to 4294967295'],
    ['plan', '--steps', '+5', 'from 1 to 1048576'],
  ])('%s %s %s is refused with its range', async (command, name, value, range) => {
    const result = await run(command, name, value);
    expect(result.exitCode).toBe(2);
    expect(onlyLine(result)).toContain(`${name} ${value}: give a`);
    expect(onlyLine(result)).toContain(range);
  });

  test.each(['67108864', '64MB', '64mb', '64 MB', '0.0625GB', '65536k', '64MiB'])(
    'a size may be written as %s',
    async (size) => {
      const planned = JSON.parse(
        (await print('plan', '--json', '--ram', size)).split('\n')[0] ?? '',
      );
      expect(planned.ram_bytes).toBe(64 * 1024 * 1024);
    },
  );

  test.each(['--steps', '--lr', '--ram', '--seed', '--preset', '--text', '--recompute'])(
    '%s with nothing for a value is refused by name, however it is written',
    async (name) => {
      for (const way of [[`${name}=`], [name, '']]) {
        const result = await run('train', ...way);
        expect(result.exitCode).toBe(2);
        expect(onlyLine(result)).toMatch(new RegExp(`${name} ("": give|is empty; give)`));
      }
    },
  );

  test('of an option that is given twice the last counts', async () => {
    const last = await trained('--seed', '2', '--seed', '3');
    expect(last === (await trained('--seed', '3'))).toBe(true);
    expect(last === (await trained('--seed', '2'))).toBe(false);
  });
});

describe('what is misspelled', () => {
  test.each([
    [
      'generate',
      ['--temprature', '1'],
      'unknown option --temprature of generate; did you mean --temperature?',
    ],
    ['generate', ['--temp=1'], 'did you mean --temperature?'],
    ['train', ['--embeding-lr', '1'], 'did you mean --embedding-lr?'],
    ['train', ['-steps', '1'], 'unknown option -steps of train; did you mean --steps?'],
    ['info', ['--xyz'], 'unknown option --xyz of info; `legacy_llm info --help` lists its options'],
    ['bench', ['fast'], 'unexpected argument fast; options of bench begin with --'],
    ['train', [''], 'unexpected argument ""'],
    [
      'train',
      ['--out', '--json'],
      '--out needs a value before --json; if that is the value, write',
    ],
    ['generate', ['-x'], 'unknown option -x of generate'],
    ['train', ['-i'], 'unknown option -i of train'],
    ['train', ['--STEPS', '4'], 'unknown option --STEPS of train; did you mean --steps?'],
    ['train', ['--stpes', '4'], 'did you mean --steps?'],
    ['train', ['\u2013steps', '4'], 'begins with a dash that is no minus sign; type it as --'],
    ['train', ['\u2014steps', '4'], 'begins with a dash that is no minus sign; type it as --'],
  ])('%s %j is refused with advice', async (command, args, says) => {
    const result = await run(command, ...args);
    expect(result.exitCode).toBe(2);
    expect(onlyLine(result)).toContain(says);
  });

  test.each([
    [['--steps', '4'], '--steps comes before a command'],
    [['trian'], 'unknown command trian; did you mean: legacy_llm train?'],
    [['Train'], 'unknown command Train; did you mean: legacy_llm train?'],
    [['GENERATE', '--tokens', '5'], 'did you mean: legacy_llm generate?'],
    [['gen'], 'did you mean: legacy_llm generate?'],
    [['evaluate'], 'did you mean: legacy_llm eval?'],
    [['--train'], 'did you mean: legacy_llm train?'],
    [['-help'], 'did you mean: legacy_llm --help?'],
    [['--hlep'], 'did you mean: legacy_llm --help?'],
    [['--Version'], 'did you mean: legacy_llm --version?'],
    [['fly'], 'unknown command fly; `legacy_llm --help` lists them'],
    [['my.txt'], 'unknown command my.txt; `legacy_llm --help` lists them'],
    [[''], 'unknown command ""; `legacy_llm --help` lists them'],
    [['help', 'trian'], 'unknown command trian; did you mean: legacy_llm train?'],
    [['--help', 'fly'], 'unknown command fly'],
  ])('%j is refused', async (args, says) => {
    const result = await run(...args);
    expect(result.exitCode).toBe(2);
    expect(onlyLine(result)).toContain(says);
  });
});

describe('an argument without an option', () => {
  // Arguments, and the words of the command that is advised.
  test.each([
    ['generate', ['A cat'], '--prompt|A cat'],
    ['generate', ['A', 'cat', 'sat', '--seed', '2'], '--prompt|A cat sat|--seed|2'],
    ['generate', ['--seed', '2', '--prompt', 'A', 'cat'], '--seed|2|--prompt|A cat'],
    ['generate', ["it's $HOME"], "--prompt|it's $HOME"],
    ['generate', ['my.ckpt'], '--model|my.ckpt'],
    ['train', ['my.txt'], '--text|my.txt'],
    ['train', ['-'], '--text|-'],
    ['train', ['data/stories.llm'], '--resume|data/stories.llm'],
    ['train', ['--text', 'my.txt', 'new.ckpt'], '--text|my.txt|--out|new.ckpt'],
    ['eval', ['my.ckpt', '--text', 'a b'], '--model|my.ckpt|--text|a b'],
    ['eval', ['my.txt'], '--text|my.txt'],
    ['info', ['anything'], '--model|anything'],
    ['export', ['--model', 'my.ckpt', 'my.llm'], '--model|my.ckpt|--out|my.llm'],
    ['plan', ['my.txt'], '--text|my.txt'],
    ['presets', ['my.txt'], '--text|my.txt'],
    ['tokenizer', ['my.txt'], '--text|my.txt'],
    ['encode', ['my.txt'], '--text|my.txt'],
    ['decode', ['numbers'], '--text|numbers'],
  ])('%s %j is refused with the command that was meant', async (command, args, meant) => {
    const result = await run(command, ...args);
    expect(result.exitCode).toBe(2);
    const advised = /^legacy_llm: unexpected argument .*; write: (.*)$/.exec(onlyLine(result))?.[1];
    const words = await execPlain('sh', ['-c', `printf '|%s' ${advised}`]);
    expect(words.stdout).toMatch(/^\|[^|]*legacy_llm\|/);
    expect(words.stdout.split('|').slice(2).join('|')).toBe(`${command}|${meant}`);
  });

  test('of any length is refused in one line', async () => {
    const line = onlyLine(await run('generate', 'word '.repeat(1000)));
    expect(line).toMatch(/unexpected argument word .*\.\.\.; write --prompt before it$/);
  });

  test.each([['methods'], ['selftest']])('%s has no use for one', async (command) => {
    expect(onlyLine(await run(command, 'x'))).toMatch(/unexpected argument x; options of/);
  });
});

describe('a prompt', () => {
  const write = async (...args: string[]) =>
    JSON.parse(await print('generate', '--tokens', '1', '--json', ...args)).text as string;

  test('has the escapes of --stop', async () => {
    const text = await write('--prompt', 'One\\n\\tday\\x2c \\\\ \\"it\\"');
    expect(text.startsWith('One\n\tday, \\ "it"')).toBe(true);
  });

  test.each(['\\q', '\\', '\\x1', 'a\\xzz'])('refuses the escape of %j by name', async (prompt) => {
    for (const option of ['--prompt', '--stop']) {
      const result = await run('generate', option, prompt);
      expect(result.exitCode).toBe(2);
      expect(onlyLine(result)).toMatch(/--(prompt|stop): \\.* is not an escape; write \\\\ for/);
    }
  });

  test('comes from a file as it is', async () => {
    writeFileSync(at('p'), 'One day\\n she\nwent');
    expect((await write('--prompt-file', at('p'))).startsWith('One day\\n she\nwent')).toBe(true);
    writeFileSync(at('empty'), '');
    expect(await write('--prompt-file', at('empty'))).toBe(await write());
    const missing = await run('generate', '--prompt-file', at('none'));
    expect(missing.exitCode).toBe(2);
    expect(onlyLine(missing)).toMatch(/cannot read .*none: No such file/);
    const folderRead = await run('generate', '--prompt-file', folder());
    expect(folderRead.exitCode).not.toBe(0);
    expect(onlyLine(folderRead)).toMatch(/Is a directory/);
  });

  test.each(['--prompt', '--prompt-file'])('comes from standard input by %s -', async (option) => {
    const program = await programOf('host-sse');
    const args = ['generate', '--tokens', '1', '--json', option, '-'];
    const result = await execPlain(program, args, { cwd: rootDir, input: 'A cat\\n sat' });
    expect(result).toMatchObject({ stderr: '', exitCode: 0 });
    expect(JSON.parse(result.stdout).text.startsWith('A cat\\n sat')).toBe(true);
  });

  test('is one of --prompt, --prompt-file and --interactive', async () => {
    writeFileSync(at('p'), 'One');
    const both = await run('generate', '--prompt', 'One', '--prompt-file', at('p'));
    expect(both.exitCode).toBe(2);
    expect(onlyLine(both)).toMatch(/--prompt and --prompt-file exclude each other/);
    const asked = await run('generate', '-i', '--prompt-file', at('p'));
    expect(asked.exitCode).toBe(2);
    expect(onlyLine(asked)).toMatch(
      /--interactive reads the prompts from standard input; leave out --prompt-file/,
    );
  });
});

describe('too little memory', () => {
  test.each([
    ['train', ['--recompute block', '--batch', '--dim']],
    ['plan', ['--recompute block', '--layers']],
    ['bench', ['--recompute block', '--bigram-rows']],
    ['eval', ['--order']],
    ['generate', []],
    ['encode', []],
  ])('%s advises its own options alone', async (command, words) => {
    const result = await run(
      command,
      '--ram',
      '10KB',
      ...(command === 'encode' ? ['--tokenizer', 'bpe'] : []),
    );
    expect(result.exitCode).toBe(2);
    const line = onlyLine(result);
    expect(line).toMatch(
      /this takes [\d,]+ bytes of memory, but --ram allows only 10,240: try .* --ram$/,
    );
    for (const word of words) expect(line).toContain(word);
    const names = (await listedBy(command)).map(({ name }) => name);
    for (const [, name] of line.matchAll(/--([\w-]+)/g)) expect(names).toContain(name);
  });

  test('what is advised and there already is not advised again', async () => {
    const line = onlyLine(await run('train', '--ram', '10KB', '--recompute', 'block'));
    expect(line).not.toContain('--recompute');
  });
});

describe('the program', () => {
  test('lists its commands, and each says what it does in one line', async () => {
    const help = await print('--help');
    for (const same of [['-h'], ['help'], ['help', 'help'], ['help', 'version']])
      expect(await print(...same)).toBe(help);
    const listed = [...help.matchAll(/^ {2}([a-z0-9]+) {2,}(\S.*)$/gm)].map(([, name]) => name);
    expect(listed).toEqual([...COMMANDS, 'help', 'version']);
    expect(help).toContain('--man');
    for (const line of help.split('\n')) expect(line.length, line).toBeLessThanOrEqual(100);
  });

  test('prints a manual page of all commands and options that man can read', async () => {
    const page = await print('--man');
    const plain = page.replaceAll('\\-', '-').replaceAll(/\\f[BIR]/g, '');
    expect(page).toMatch(/^\.TH LEGACY_LLM 1 "" "legacy_llm \d+\.\d+\.\d+" "User Commands"\n/);
    for (const line of page.trimEnd().split('\n')) {
      expect(line).not.toBe('');
      expect(line).not.toMatch(/^'/);
      expect(line).not.toMatch(/ $/);
      if (line.startsWith('.')) expect(line).toMatch(/^\.(TH|SH|SS|PP|TP|RS|RE|nf|fi|nh|ad)( |$)/);
      else expect(line.replaceAll(/\\(-|e|f[BIR]|\(aq|\(ga|\(dq)/g, '')).not.toMatch(/[-\\'`"]/);
    }
    const parts = plain.split('.SS legacy_llm ');
    expect(parts.slice(1).map((part) => part.split('\n')[0])).toEqual(COMMANDS);
    for (const [i, command] of COMMANDS.entries()) {
      for (const { name, argument } of await listedBy(command)) {
        expect(parts[i + 1]).toContain(`--${name}${argument ? ` ${argument}` : ''}\n`);
      }
    }
  });
});
