// Each call of the C library that a command makes, made to fail: one clear line, nothing leaked,
// nothing half-written. Under AddressSanitizer, UBSan and LeakSanitizer.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pMap from 'p-map';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { make } from '../../ts/build/make.ts';
import { type ExecResult, exec } from '../../ts/support/exec.ts';
import { sha256 } from '../../ts/support/hash.ts';
import { rootDir } from '../../ts/support/paths.ts';
import { placeLlama2 } from '../llama2_files.ts';
import { stories } from '../stories.ts';
import { onlyLine, small } from './program.ts';

const program = path.join(rootDir, 'images', 'make', 'faults');
const base = mkdtempSync(path.join(tmpdir(), 'legacy-llm-faults-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

interface Scenario {
  args: readonly string[];
  /** Whether each of a hundred alike calls is made to fail. */
  every?: boolean;
  /** Files of `base` that the run finds in its folder: name there, name in base. */
  given: Readonly<Record<string, string>>;
  /** What it writes whole or not at all; it may hold these files of base beside what was there. */
  outputs?: Readonly<Record<string, readonly string[]>>;
  /** Older checkpoints; each is whole, or absent. */
  kept?: readonly string[];
  /** What grows line by line: any beginning of this file of base, of so many lines at least. */
  grows?: Readonly<Record<string, { whole: string; least: number }>>;
  /** What it writes as it goes, and what may be left of it. */
  traces?: readonly string[];
  /** What it reads from standard input. */
  input?: string;
}

const short = ['--text', 't.txt', '--steps', '3', ...small];
const training = [...short, '--save-every', '1'];
const judged = ['--eval-every', '2', '--log-format', 'csv'];
const gguf = ['--format', 'gguf', '--type', 'f32'];
const steps = ['step1', 'step2', 'step3'];
const scenarios: Readonly<Record<string, Scenario>> = {
  'train over an older checkpoint': {
    args: ['train', ...training, '--out', 'm.ckpt', '--log', 'log', '--force'],
    given: { 't.txt': 't.txt', 'm.ckpt': 'older', log: 'older' },
    outputs: { 'm.ckpt': steps },
    grows: { log: { whole: 'log', least: 0 } },
  },
  'train by three threads': {
    args: ['train', ...training, '--steps', '1', '--out', 'm.ckpt', '--threads', '3', '--force'],
    given: { 't.txt': 't.txt', 'm.ckpt': 'older' },
    outputs: { 'm.ckpt': ['single'] },
  },
  'train --keep': {
    args: ['train', ...training, '--out', 'm.ckpt', '--keep', '3', '--force'],
    given: { 't.txt': 't.txt', 'm.ckpt': 'older' },
    outputs: { 'm.ckpt': steps },
    kept: ['m.ckpt.1', 'm.ckpt.2'],
  },
  'train with evaluations and a log as a table': {
    args: ['train', ...training, ...judged, '--out', 'm.ckpt', '--log', 'log'],
    given: { 't.txt': 't.txt' },
    outputs: { 'm.ckpt': steps },
    grows: { log: { whole: 'log.csv', least: 0 } },
  },
  'train --resume with a log that is cut': {
    args: ['train', '--text', 't.txt', '--resume', 'm.ckpt', '--log', 'log'],
    given: { 't.txt': 't.txt', 'm.ckpt': 'step1', log: 'log' },
    outputs: { 'm.ckpt': steps },
    grows: { log: { whole: 'log', least: 1 } },
  },
  'train with a trace': {
    args: ['train', ...training, '--steps', '1', '--out', 'm.ckpt', '--trace', 'trace'].concat(
      '--dump',
      'dump',
    ),
    given: { 't.txt': 't.txt' },
    outputs: { 'm.ckpt': ['single'] },
    traces: ['trace', 'dump'],
  },
  'train a text that is too long for memory': {
    args: ['train', ...training, '--out', 'm.ckpt', '--text-ram', '100'],
    given: { 't.txt': 't.txt' },
    outputs: { 'm.ckpt': steps },
    traces: ['m.ckpt.tokens'],
  },
  'train with learned pairs': {
    args: ['train', ...training, '--steps', '1', '--out', 'm.ckpt', '--tokenizer', 'bpe'].concat(
      '--vocab',
      '260',
    ),
    given: { 't.txt': 't.txt' },
    outputs: { 'm.ckpt': ['pairs'] },
  },
  'train --resume': {
    args: ['train', '--text', 't.txt', '--resume', 'm.ckpt', '--save-every', '1', '--json'],
    given: { 't.txt': 't.txt', 'm.ckpt': 'step1' },
    outputs: { 'm.ckpt': steps },
  },
  'generate --out': {
    args: ['generate', '--model', 'm.ckpt', '--tokens', '20', '--prompt', 'It', '--out', 'story'],
    given: { 'm.ckpt': 'step3', story: 'older' },
    outputs: { story: ['story'] },
  },
  'generate --prompt - --out': {
    args: [...'generate --model m.ckpt --tokens 20 --prompt - --json --out story'.split(' ')],
    given: { 'm.ckpt': 'step3', story: 'older' },
    outputs: { story: ['story'] },
    input: 'It',
  },
  'generate --prompt-file': {
    args: [...'generate --model m.ckpt --tokens 5 --prompt-file t.txt'.split(' ')],
    given: { 'm.ckpt': 'step3', 't.txt': 't.txt' },
  },
  'generate --interactive': {
    args: [...'generate --model m.llm --tokens 5 -i --top-k 3 --temperature 1'.split(' ')],
    given: { 'm.llm': 'exported' },
    input: 'It\nwas\n',
  },
  export: {
    every: true,
    args: ['export', '--model', 'm.ckpt', '--out', 'm.llm'],
    given: { 'm.ckpt': 'step3', 'm.llm': 'older' },
    outputs: { 'm.llm': ['exported'] },
  },
  'tokenizer --out': {
    args: ['tokenizer', '--text', 't.txt', '--out', 'tokens'],
    given: { 't.txt': 't.txt', tokens: 'older' },
    outputs: { tokens: ['tokens'] },
  },
  'encode --out': {
    args: ['encode', '--text', 't.txt', '--tokenizer', 'tokens', '--out', 'numbers'],
    given: { 't.txt': 't.txt', tokens: 'tokens', numbers: 'older' },
    outputs: { numbers: ['numbers'] },
  },
  'decode --out': {
    args: ['decode', '--text', 'numbers', '--tokenizer', 'tokens', '--out', 'back'],
    given: { numbers: 'numbers', tokens: 'tokens', back: 'older' },
    outputs: { back: ['t.txt'] },
  },
  'train by a tokenizer file': {
    args: ['train', ...short, '--steps', '1', '--out', 'none', '--tokenizer', 'tokens'],
    given: { 't.txt': 't.txt', tokens: 'tokens' },
  },
  'eval by two threads': {
    args: ['eval', '--model', 'm.llm', '--text', 't.txt', '--threads', '2'],
    given: { 't.txt': 't.txt', 'm.llm': 'exported' },
  },
  eval: {
    args: ['eval', '--model', 'm.llm', '--text', 't.txt'],
    given: { 't.txt': 't.txt', 'm.llm': 'exported' },
  },
  'eval of a text that is too long for memory': {
    args: ['eval', '--model', 'm.llm', '--text', 't.txt', '--text-ram', '100', '--json'],
    given: { 't.txt': 't.txt', 'm.llm': 'exported' },
  },
  'eval --list': {
    args: ['eval', '--model', 'm.llm', '--list', 'texts'],
    given: { 't.txt': 't.txt', texts: 'texts', 'm.llm': 'exported' },
  },
  'export as GGUF': {
    args: ['export', '--model', 'm.ckpt', '--out', 'm.gguf', ...gguf],
    given: { 'm.ckpt': 'expressible', 'm.gguf': 'older' },
    outputs: { 'm.gguf': ['gguf'] },
  },
  'export from GGUF': {
    args: ['export', '--model', 'm.gguf', '--out', 'm.llm'],
    given: { 'm.gguf': 'gguf', 'm.llm': 'older' },
    outputs: { 'm.llm': ['from.llm'] },
  },
  info: { args: ['info', '--model', 'm.ckpt'], given: { 'm.ckpt': 'pairs' } },
  plan: { args: ['plan', '--text', 't.txt', '--context', '16'], given: { 't.txt': 't.txt' } },
  presets: { args: ['presets', '--text', 't.txt'], given: { 't.txt': 'long.txt' } },
  methods: { args: ['methods'], given: {} },
  llama2: {
    args: [...'llama2 --model m.bin --tokenizer t.bin --prompt - --tokens 5'.split(' ')].concat(
      ...['--out', 'story', '--dump', 'dump'],
    ),
    given: { 'm.bin': 'm.bin', 't.bin': 't.bin', story: 'older' },
    outputs: { story: ['spun'] },
    traces: ['dump'],
    input: 'the',
  },
  'train --help': { args: ['train', '--help'], given: {} },
  '--help': { args: ['--help'], given: {} },
};

/** A call of a run without faults: its name, its occurrence, how its stream is open, and on what. */
interface Call {
  name: string;
  occurrence: number;
  mode: string;
  on: string;
}

// What a failure may do no harm to: the run goes on, and its results are those of any other.
function mayBeHarmless({ name, mode, on }: Call): boolean {
  if (on.startsWith('/proc/')) return true; // facts for display, and for a check that then trusts
  if (name === 'remove') return true; // what is left is written over by the next save
  if (/^(l|f)?stat$|^readlink$/.test(name)) return true; // a path that cannot be looked at is tried
  if (name === 'fcntl' || /lock$/.test(on)) return true; // a file system may have no locks
  if (on === 'owner') return true; // nor owners
  // The name is there, perhaps not for good.
  if (on === 'folder' || on === 'name' || name === 'open') return true;
  if (name === 'link') return true; // the older checkpoint gets its name by a rename
  if (name === 'rename' && /\.\d$/.test(on)) return true; // one older checkpoint less
  if (name === 'fclose' && mode === 'r') return true; // all of it has been read and checked
  // Of the copy of standard input: it is made in another folder; and it is gone all the same.
  if (/\/legacy_llm\.tmp-\d+$/.test(on) && /^(fdopen|fclose)$/.test(name)) return true;
  return /\.tokens(-\d+)?$/.test(on) && mode === 'r'; // made anew
}

// What a process leaves where it could not remove it.
const TEMPORARY = /\.(tmp-\d+|lock|tokens-\d+)$/;
// And what it leaves whole, and says so, where it cannot be put in its place.
const WHOLE = /the new one is whole as (\S+)$/m;

// faults.c itself looks for leaks, in much less time.
const ASAN_OPTIONS = 'exitcode=77:detect_leaks=0';

let runs = 0;

// A fresh folder with what a scenario finds there.
function folderFor({ given, input }: Scenario): string {
  const folder = path.join(base, `run${runs++}`);
  mkdirSync(folder);
  for (const [name, from] of Object.entries(given)) {
    copyFileSync(path.join(base, from), path.join(folder, name));
  }
  if (input !== undefined) writeFileSync(path.join(folder, 'stdin'), input);
  return folder;
}

/** What a run left: its exit code (128 and more: the signal that ended it), what it printed. */
type Ended = Pick<ExecResult, 'exitCode' | 'stdout' | 'stderr'>;

// Runs a scenario once for each fault, each time in a fresh folder.
async function runAll(
  scenario: Scenario,
  faults: readonly string[],
  env: Record<string, string> = {},
): Promise<{ folder: string; result: Ended }[]> {
  const folders = faults.map(() => folderFor(scenario));
  const list = path.join(base, `runs${runs++}`);
  writeFileSync(list, faults.map((fault, i) => `${folders[i]} ${fault}\n`).join(''));
  await exec(program, scenario.args, { env: { ASAN_OPTIONS, FAULT_RUNS: list, ...env } });
  return folders.map((folder) => {
    const taken = (name: string) => {
      const text = readFileSync(path.join(folder, name), 'utf8');
      rmSync(path.join(folder, name));
      return text;
    };
    const result = { exitCode: Number(taken('status')), stdout: taken('stdout') };
    return { folder, result: { ...result, stderr: taken('stderr') } };
  });
}

const hashOf = (file: string) => (existsSync(file) ? sha256(readFileSync(file)) : 'absent');

// All calls of an undisturbed run, which also must end well.
async function callsOf(scenario: Scenario): Promise<Call[]> {
  const log = path.join(base, 'calls');
  rmSync(log, { force: true });
  const [run] = await runAll(scenario, ['none'], { FAULT_CALLS: log });
  expect(run?.result).toMatchObject({ exitCode: 0, stderr: '' });
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  return lines.map((line) => {
    const [name = '', occurrence, mode = '', ...on] = line.split(' ');
    return { name, occurrence: Number(occurrence), mode, on: on.join(' ') };
  });
}

// Every call: what takes long then does not hang.
const wantsAll = process.env.FAULTS === 'all';
if (wantsAll) vi.setConfig({ testTimeout: 0 });

// Of more calls that are alike, so many: the first, the last, and as many between, evenly.
const SOME = 4;

// All of them; but of those that are alike some, unless all are wanted (FAULTS=all: always).
function chosen(calls: readonly Call[], every = false): Call[] {
  const alike = new Map<string, Call[]>();
  for (const call of calls) {
    const key = `${call.name} ${call.mode} ${call.on}`;
    alike.set(key, [...(alike.get(key) ?? []), call]);
  }
  return [...alike.values()].flatMap((group) => {
    const all = group.length <= SOME || (every && !group[0]?.on.startsWith('/proc/'));
    return all || wantsAll ? group : spread(group, SOME);
  });
}

// `count` of them, from the first to the last.
function spread<T>(all: readonly T[], count: number): T[] {
  const places = Array.from({ length: count }, (_, i) => (i * (all.length - 1)) / (count - 1));
  return places.flatMap((place) => all[Math.round(place)] ?? []);
}

// How a call is made to fail; writes take turns between nothing and half.
function faultOf({ name, occurrence }: Call): string {
  const reasons: Record<string, string> = { fopen: 'EMFILE', rename: 'EROFS', fflush: 'ENOSPC' };
  const halves = name === 'fwrite' || name === 'fread';
  const reason = halves && occurrence % 2 === 0 ? 'short' : reasons[name];
  return `${name}:${occurrence}${reason ? `:${reason}` : ''}`;
}

// A log is the beginning of the whole one, or what was there before the run came to it.
function checkLog(log: string, whole: string, least: number, failed: boolean): void {
  const all = readFileSync(whole, 'utf8');
  const found = existsSync(log) ? readFileSync(log, 'utf8') : '';
  if (!failed) expect(found).toBe(all);
  if (found === 'the older one') return;
  expect(all.startsWith(found), `${log} is no beginning of the whole log`).toBe(true);
  expect(found.split('\n').length - 1).toBeGreaterThanOrEqual(least);
}

const sums = new Map<string, string>();

// Of a file of the base, which stays as it is.
function sumOf(name: string): string {
  const sum = sums.get(name) ?? hashOf(path.join(base, name));
  sums.set(name, sum);
  return sum;
}

// What must hold after a run, whatever failed in it.
function check(scenario: Scenario, folder: string, result: Ended, harmless: boolean): void {
  const { given, outputs = {}, kept = [], grows = {}, traces = [] } = scenario;
  const failed = result.exitCode !== 0;
  if (failed) {
    expect([1, 2]).toContain(result.exitCode);
    onlyLine(result);
  } else {
    expect(harmless, 'went on as if nothing had happened').toBe(true);
    expect(result.stderr).toBe('');
  }
  for (const [name, wholes] of Object.entries(outputs)) {
    const before = given[name];
    const good = wholes.map((whole) => sumOf(whole));
    const old = before ? sumOf(before) : 'absent';
    expect(failed ? [old, ...good] : good.slice(-1), name).toContain(
      hashOf(path.join(folder, name)),
    );
  }
  for (const name of kept) {
    expect(['absent', ...['older', ...steps].map((whole) => sumOf(whole))]).toContain(
      hashOf(path.join(folder, name)),
    );
  }
  for (const [name, { whole, least }] of Object.entries(grows)) {
    checkLog(path.join(folder, name), path.join(base, whole), least, failed);
  }
  const named = [given, outputs, grows].flatMap((files) => Object.keys(files));
  const known = [...named, ...kept, ...traces];
  const whole = WHOLE.exec(result.stderr)?.[1];
  if (whole) {
    const good = Object.values(outputs).flat();
    const possible = [...good, 'log'].map(sumOf);
    expect(possible.some((sum) => sum === hashOf(path.join(folder, whole)))).toBe(true);
  }
  const left = readdirSync(folder).filter(
    (name) => !known.includes(name) && !(whole && name.startsWith(whole)),
  );
  expect(harmless ? left.filter((name) => !TEMPORARY.test(name)) : left).toEqual([]);
}

/** A fault, and whether the run may go on as if nothing had happened. */
interface Tried {
  fault: string;
  harmless: boolean;
}

// So many runs by one process, and two of these beside each other.
const BATCH = 64;

// Runs a scenario with each fault, and gives what is wrong with what is left.
async function endure(scenario: Scenario, tried: readonly Tried[]): Promise<string[]> {
  const batches = Array.from({ length: Math.ceil(tried.length / BATCH) }, (_, i) =>
    tried.slice(i * BATCH, (i + 1) * BATCH),
  );
  const wrong = await pMap(batches, (some) => endureSome(scenario, some), { concurrency: 2 });
  return wrong.flat();
}

async function endureSome(scenario: Scenario, tried: readonly Tried[]): Promise<string[]> {
  const ended = await runAll(
    scenario,
    tried.map(({ fault }) => fault),
  );
  return tried.flatMap(({ fault, harmless }, i) => {
    const { folder, result } = ended[i] ?? expect.fail('fewer runs than faults');
    try {
      check(scenario, folder, result, harmless);
      return [];
    } catch (error) {
      return [
        `FAULT=${fault}: ${error instanceof Error ? error.message : error}\n${result.stderr}`,
      ];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

beforeAll(async () => {
  await make(['faults'], { what: 'build the program with faults' });
  const at = (name: string) => path.join(base, name);
  const text = readFileSync(stories);
  writeFileSync(at('t.txt'), text.subarray(0, 230));
  writeFileSync(at('long.txt'), text.subarray(0, 9000));
  writeFileSync(at('older'), 'the older one');
  writeFileSync(at('texts'), 't.txt\nt.txt\n');
  const prepare = (...args: string[]) => exec(program, args, { cwd: base });
  for (const [i, out] of steps.entries()) {
    await prepare('train', ...training, '--force', '--stop-after', String(i + 1), '--out', out);
  }
  await prepare('train', ...training, '--out', 'step3', '--log', 'log', '--force');
  await prepare('train', ...training, ...judged, '--out', 'step3', '--log', 'log.csv');
  await prepare('train', ...training, '--steps', '1', '--out', 'single');
  const pairs = ['--tokenizer', 'bpe', '--vocab', '260'];
  await prepare('train', ...training, '--steps', '1', ...pairs, '--out', 'pairs');
  await prepare('export', '--model', 'step3', '--out', 'exported');
  const plain = ['--qk-norm', 'none', '--bigram-rows', '0'];
  await prepare('train', ...training, '--steps', '1', ...plain, '--out', 'expressible');
  copyFileSync(at('expressible'), at('m.ckpt')); // a GGUF file has the name of its model
  await prepare('export', '--model', 'm.ckpt', ...gguf, '--out', 'gguf');
  await prepare('export', '--model', 'gguf', '--out', 'from.llm');
  await prepare(
    'generate',
    '--model',
    'step3',
    '--tokens',
    '20',
    '--prompt',
    'It',
    '--out',
    'story',
  );
  await prepare('tokenizer', '--text', 't.txt', '--out', 'tokens');
  placeLlama2(base);
  const spun = ['--model', 'm.bin', '--tokenizer', 't.bin', '--prompt', 'the', '--tokens', '5'];
  await prepare('llama2', ...spun, '--out', 'spun');
  await prepare('encode', '--text', 't.txt', '--tokenizer', 'tokens', '--out', 'numbers');
  for (const model of [...steps, 'single', 'pairs', 'exported']) {
    await prepare('info', '--model', model);
  }
});

describe('when one call fails', () => {
  test.each(Object.entries(scenarios))(
    '%s: says so in one line, and loses nothing',
    async (_name, scenario) => {
      const calls = chosen(await callsOf(scenario), scenario.every);
      expect(calls.length).toBeGreaterThan(0);
      const tried = calls.map((call) => ({ fault: faultOf(call), harmless: mayBeHarmless(call) }));
      expect(await endure(scenario, tried)).toEqual([]);
    },
  );
});

describe('when a call fails and never works again', () => {
  const cases = ['fopen:3+:EMFILE', 'fwrite:1+:ENOSPC', 'fwrite:90+:ENOSPC', 'fwrite:200+:short'];
  cases.push('fflush:1+:EIO', 'fsync:1+:EIO', 'fsync:3+:EDQUOT', 'rename:1+:EACCES');
  cases.push('fclose:1+:EIO', 'fread:1+:EIO', 'printf:1+:ENOSPC', 'malloc:1+');
  test.each(cases)('%s: the older checkpoint or a whole new one is there', async (fault) => {
    const scenario = scenarios['train over an older checkpoint'];
    if (!scenario) throw new Error('no such scenario');
    expect(await endure(scenario, [{ fault, harmless: false }])).toEqual([]);
  });
});

test('every call that can fail is one that can be made to fail', async () => {
  const objects = path.join(rootDir, 'images', 'make', 'asan', 'c', 'src');
  const names = readdirSync(objects, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => name.endsWith('.o'));
  const { stdout } = await exec('nm', ['-A', ...files], { cwd: objects });
  const defined = new Set<string>();
  const used = new Set<string>();
  for (const [, kind, name = ''] of stdout.matchAll(/:[ \da-f]* (\w) (\S+)$/gm)) {
    (kind === 'U' ? used : defined).add(name);
  }
  const source = readFileSync(path.join(rootDir, 'tests', 'faults', 'faults.c'), 'utf8');
  const wrapped = new Set(Array.from(source.matchAll(/__wrap_(\w+)\(/g), ([, name]) => name));
  const cannotFail = [
    ...['abort', 'free', 'feof', 'fileno', 'strerror', 'clock_gettime', 'isatty', 'snprintf'],
    ...['__errno_location', '__sysv_signal', 'vsnprintf', 'strtol', 'strtoul', 'qsort'],
    ...['stdin', 'close', 'getpid', 'signal', 'getenv'], // it closes a folder, or what could not become a stream
    ...['sigaction', 'sigemptyset', '_Exit', 'write', 'geteuid', 'nanosleep', 'rewind'], // by signals
    'kill', // of a process that is only asked for, where there are no locks
    'ungetc', // of the one byte that was just read
    'sigfillset', // of threads: these fail where a program is wrong, not for want of anything
    ...['pthread_sigmask', 'pthread_attr_destroy', 'pthread_join', 'pthread_cond_wait'],
    ...['mutex_lock', 'mutex_unlock', 'mutex_destroy'].map((name) => `pthread_${name}`),
    ...['cond_signal', 'cond_broadcast', 'cond_destroy'].map((name) => `pthread_${name}`),
    ...['__executable_start', 'etext'], // places that the linker knows
    ...['stdout', 'stderr', 'run_tests'], // of the program's own tests
    // Of ranks on other computers, whose failures ranks.test.ts brings about from there.
    ...['socket', 'bind', 'listen', 'accept', 'connect', 'setsockopt', 'send', 'recv', 'inet_pton'],
    ...['exit', 'freopen'], // where there is no memory for them; of a rank that prints nothing
  ];
  const rest = [...used].filter(
    (name) =>
      !defined.has(name) &&
      !wrapped.has(name) &&
      !cannotFail.includes(name) &&
      !/^(__(asan|ubsan|sanitizer)_|_GLOBAL_|__start|__stop|(str|mem)\w+$|(baseline|llama2)_)/.test(
        name,
      ),
  );
  expect(rest).toEqual([]);
});
