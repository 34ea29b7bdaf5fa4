// What a newcomer meets: the command to try next, how long a training takes, text that does not
// repeat itself, a whole text judged, the version.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_TOKENS, defaultSampling } from '../../ts/engine/engine.ts';
import { rootDir } from '../../ts/support/paths.ts';
import { execPlain } from '../exec.ts';
import { stories, storiesOf } from '../stories.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { onlyLine, programOf, runProgram, small } from './program.ts';

const folder = useTemporaryFolder();
const at = (name: string) => path.join(folder(), name);
let plain = '';
let fast = '';

beforeAll(async () => {
  plain = await programOf();
  fast = await programOf('host-sse');
});

// Types a command into a shell, in the folder of the test.
const type = (command: string) => execPlain('sh', ['-c', command], { cwd: folder() });

const trains = (...args: string[]) => execPlain(plain, ['train', ...args], { cwd: folder() });

// The line after the one that begins so.
function lineAfter(stdout: string, says: string): string {
  const lines = stdout.split('\n');
  const i = lines.findIndex((line) => line.startsWith(says));
  return (i < 0 ? '' : lines[i + 1]) || `nothing after "${says}" in: ${stdout}`;
}

// A training of the stories that is stopped by a signal once its output has what is waited for.
async function stopped(
  program: string,
  signal: NodeJS.Signals,
  wanted: RegExp,
  ...args: string[]
): Promise<{ stdout: string; stderr: string }> {
  const child = spawn(program, ['train', ...args], { cwd: folder() });
  const said = { stdout: '', stderr: '' };
  child.stderr.on('data', (data) => {
    said.stderr += data;
  });
  child.stdout.on('data', (data) => {
    said.stdout += data;
    if (wanted.test(said.stdout)) child.kill(signal);
  });
  await once(child, 'close');
  return said;
}

describe('what to do next', () => {
  // Names that a shell would take apart.
  const names = ['m.ckpt', "it's my $HOME.ckpt", '--odd name'];

  test.each(names)('a training into %j prints the command that lets it write', async (name) => {
    const { stdout } = await trains('--text', stories, '--steps', '2', `--out=${name}`, ...small);
    const written = await type(lineAfter(stdout, 'to let it write:'));
    expect(written).toMatchObject({ stderr: '', exitCode: 0 });
    expect(written.stdout.length).toBeGreaterThan(100);
    expect(lineAfter(stdout, 'to let it write:')).toContain(' generate --model');
  });

  test('one that stopped on its way prints the command that goes on, with its options', async () => {
    mkdirSync(at('my texts'));
    const text = 'my texts/a & b.txt';
    writeFileSync(at(text), storiesOf(9000));
    const steps = ['--text', text, '--steps', '8', '--eval-every', '3', ...small];
    const half = ['--stop-after', '6', '--log', 'half log', '--save-every', '3', '--force'];
    const { stdout } = await trains(...steps, ...half, '--out', 'half.ckpt');
    const command = lineAfter(stdout, 'to go on:');
    expect(command).toMatch(/ train --resume half\.ckpt /);
    expect(command).not.toMatch(/--(stop-after|force|steps|dim|preset|out)/);
    const ended = await type(command);
    expect(ended).toMatchObject({ stderr: '', exitCode: 0 });
    await trains(...steps, '--log', 'log', '--out', 'whole.ckpt');
    expect(readFileSync(at('half.ckpt')).equals(readFileSync(at('whole.ckpt')))).toBe(true);
    expect(readFileSync(at('half log'))).toEqual(readFileSync(at('log')));
    expect(ended.stdout).toContain('to let it write:');
  });

  test('it takes the memory that its preset said, which no checkpoint has', async () => {
    const large = ['--text', stories, '--preset', 'max32', '--layers', '2', '--counts', 'none'];
    const { stdout } = await trains(...large, '--steps', '3', '--stop-after', '1');
    const command = lineAfter(stdout, 'to go on:');
    expect(command).toMatch(/ --micro-batch 4 --recompute 1$/);
    const planned = /^memory: (\S+) bytes planned/m;
    const ended = await type(command);
    expect(planned.exec(ended.stdout)?.[1]).toBe(planned.exec(stdout)?.[1]);
  });

  test('one that Ctrl-C stopped says the same in its last line', async () => {
    const out = ['--out', 'cut off.ckpt'];
    const args = ['--text', stories, '--steps', '1000000', ...out, ...small];
    const { stderr } = await stopped(plain, 'SIGINT', /step 1\//, ...args);
    const [, command] = /; go on with: (.*)\n$/.exec(stderr) ?? [];
    const again = await type(`${command} --stop-after 1`);
    expect(again).toMatchObject({ stderr: '', exitCode: 0 });
    expect(lineAfter(again.stdout, 'to go on:')).toBe(`  ${command}`);
  });

  test.each([['--out', 'none'], ['--out', '/dev/null'], ['--json']])(
    'with %s %s there is nothing to go on with',
    async (...args) => {
      const { stdout } = await trains('--text', stories, '--steps', '2', ...small, ...args);
      expect(stdout).not.toMatch(/to let it write|to go on/);
    },
  );
});

describe('how long it will take', () => {
  const long = ['--text', '', '--steps', '1000000', '--out', 'none', ...small];
  const TIME = /^the 1000000 steps will take about (\d+) (minutes|hours|days) on this machine/m;

  test('is said once the first steps tell it, on a line of its own', async () => {
    long[1] = stories;
    const faster = /`make USE_SSE_BUILD=1` is faster, gives the same bits/;
    const { stdout } = await stopped(plain, 'SIGTERM', faster, ...long);
    expect(stdout).toMatch(TIME);
    expect(stdout).toMatch(faster);
    expect(stdout.split('\n').filter((line) => TIME.test(line))).toHaveLength(1);
    expect(stdout).not.toContain('\r');
    const sse = await stopped(fast, 'SIGTERM', /on this machine \(host\)\n/, ...long);
    expect(sse.stdout).toMatch(TIME);
    expect(sse.stdout).not.toMatch(faster);
  });

  test('is not said of a short training, nor guessed before the clock can tell', async () => {
    const { stdout } = await trains('--text', stories, '--steps', '3', ...small);
    expect(stdout).not.toMatch(/will take about|make USE_SSE_BUILD/);
    expect(stdout).toMatch(/^step 1\/3 {2}loss /m);
    expect(stdout).not.toMatch(/ 0 tokens\/s/);
  });
});

describe('writing', () => {
  const write = async (...args: string[]) =>
    (await runProgram(['generate', '--tokens', '120', ...args], rootDir)).stdout;

  test('draws by default, the same each time; another seed is another text', async () => {
    const text = await write();
    expect(await write()).toBe(text);
    const { temperature, topP, seed } = defaultSampling;
    const same = ['--temperature', String(temperature), '--top-p', String(topP)];
    expect(await write(...same, '--seed', String(seed))).toBe(text);
    expect(await write('--seed', '2')).not.toBe(text);
  });

  test('draws in the same way on the page and for the server', async () => {
    const help = (await runProgram(['generate', '--help'])).stdout.replace(/\s+/g, ' ');
    const page = readFileSync(path.join(rootDir, 'web', 'index.html'), 'utf8');
    const { temperature, topK, topP, seed } = defaultSampling;
    const fields = { temperature, 'top-k': topK, 'top-p': topP, 'write-seed': seed };
    for (const [id, value] of Object.entries({ ...fields, tokens: DEFAULT_TOKENS })) {
      expect(page).toMatch(new RegExp(`id="${id}"[^>]* value="${value}"`));
      const option = `--${id.replace('write-', '')} `;
      const said = help.slice(help.indexOf(option)).split(' --', 1)[0];
      if (id !== 'top-k') expect(said).toContain(`(default: ${value})`); // 0 is none
    }
  });

  test('with temperature 0 takes the likeliest token, whatever else is given', async () => {
    const greedy = await write('--temperature', '0');
    expect(greedy).not.toBe(await write());
    expect(await write('--temperature', '0', '--seed', '9', '--top-p', '0.1')).toBe(greedy);
    expect(await write('--top-k', '1')).toBe(greedy);
  });

  test('a small model repeats itself if it takes the likeliest, and does not by default', async () => {
    await trains('--text', stories, '--steps', '120', '--out', 'm.ckpt', ...small);
    const repeats = async (...args: string[]) => {
      const text = await write('--model', at('m.ckpt'), '--tokens', '600', ...args);
      const runs = Array.from({ length: text.length - 12 }, (_, i) => text.slice(i, i + 12));
      return 1 - new Set(runs).size / runs.length;
    };
    expect(await repeats('--temperature', '0')).toBeGreaterThan(0.5);
    expect(await repeats()).toBeLessThan(0.1);
  });
});

describe('eval --whole', () => {
  test('of the held-out part alone is what eval says of the text', async () => {
    await trains('--text', stories, '--steps', '20', '--out', 'm.ckpt', ...small);
    const text = readFileSync(stories); // a byte a character: its last tenth is that of the bytes
    writeFileSync(at('tail'), text.subarray(text.length - text.length / 10));
    const judge = async (...args: string[]) => {
      const all = ['eval', '--model', at('m.ckpt'), '--json', ...args];
      return JSON.parse((await runProgram(all)).stdout);
    };
    const { unigram, bigram, order, ngram, ...held } = await judge('--text', stories);
    const whole = await judge('--text', at('tail'), '--whole');
    expect(held.part).toBe('held-out');
    expect(whole).toEqual({ ...held, part: 'whole' });
    expect(Number(unigram)).toBeGreaterThan(Number(ngram));
    expect([bigram, order]).toEqual([expect.any(String), 5]);
    expect(await judge('--text', at('tail'), '--whole', '--text-ram', '1KB')).toEqual(whole);
    const some = await judge('--text', at('tail'), '--whole', '--eval-tokens', '100');
    expect(some.tokens).toBe(96);
  });

  test('says which part it measured, and where that is the text of the training', async () => {
    await trains('--text', stories, '--steps', '2', '--out', 'm.ckpt', ...small);
    writeFileSync(at('other'), 'He was in the town. '.repeat(9));
    const say = async (...args: string[]) =>
      (await runProgram(['eval', '--model', at('m.ckpt'), ...args])).stdout;
    const all = await say('--text', stories, '--whole');
    expect(all).toMatch(/^the whole of .*sample\.txt: 399984 tokens/);
    expect(all).toContain('the model was trained on nine tenths of this very text');
    expect(all).not.toMatch(/gram/);
    const other = await say('--text', at('other'), '--whole');
    expect(other).toMatch(/^the whole of .*other: 176 tokens/);
    const some = await say('--text', at('other'), '--whole', '--eval-tokens', '100');
    expect(some).toMatch(/^the beginning of the whole of .*other: 96 tokens/);
    const more = await say('--text', at('other'), '--whole', '--eval-tokens', '1000');
    expect(more).toMatch(/^the whole of .*other: 176 tokens/);
    expect(other).not.toContain('was trained on');
    const part = await say('--text', stories);
    expect(part).toMatch(/^the held-out part, the last tenth, of .*: \d+ tokens/);
    expect(part).toMatch(/5-gram/);
  });

  test('refuses what makes no sense, and a text shorter than the context', async () => {
    await trains('--text', stories, '--steps', '2', '--out', 'm.ckpt', ...small);
    writeFileSync(at('short'), 'He was in town.');
    writeFileSync(at('enough'), 'He was in a town.');
    const judge = (...args: string[]) => runProgram(['eval', '--model', at('m.ckpt'), ...args]);
    const both = await judge('--whole', '--order', '3');
    expect(both.exitCode).toBe(2);
    expect(onlyLine(both)).toMatch(/leave out --order, or --whole/);
    const short = await judge('--whole', '--text', at('short'));
    expect(short.exitCode).toBe(2);
    expect(onlyLine(short)).toMatch(/has 15 tokens, too few for the context of the model.* 17/);
    expect((await judge('--whole', '--text', at('enough'))).exitCode).toBe(0);
    const part = await judge('--text', at('enough'));
    expect(onlyLine(part)).toMatch(/the last tenth of .*17 tokens, is too short.*--whole$/);
  });
});

describe('the version', () => {
  test('is one, however it is asked for', async () => {
    const { version } = JSON.parse(readFileSync(path.join(rootDir, 'package.json'), 'utf8'));
    for (const [program, kernels] of [
      [plain, 'plain C'],
      [fast, 'SSE1 and MMX'],
    ] as const) {
      for (const word of ['--version', '-V', 'version']) {
        const { stdout } = await execPlain(program, [word]);
        expect(stdout).toBe(`legacy_llm ${version}, kernels: ${kernels}\n`);
      }
    }
  });
});
