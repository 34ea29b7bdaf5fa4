// The command itself: where the picture goes, and wrong usage in one line.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { sampleText } from '../../ts/stories/text.ts';
import { runProgram, small } from '../program/program.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { runCommandLine } from './command_line.ts';

const folder = useTemporaryFolder();
const at = (name: string) => path.join(folder(), name);

afterEach(() => vi.restoreAllMocks());

const log = '{"step":1,"loss":4.1}\n{"step":2,"loss":3.9}\n';

async function run(...args: string[]) {
  const print = vi.spyOn(console, 'log').mockImplementation(() => {});
  const { code, said } = await runCommandLine('plot', ...args);
  return { code, said, printed: print.mock.calls.flat().join('\n') };
}

describe('plot on the command line', () => {
  it.each([
    ['nothing', [], 'a.svg'],
    ['a file', ['--out', 'b.svg'], 'b.svg'],
    ['a folder', ['--out', 'new'], 'new/training.svg'],
  ])('when --out is %s, then the picture is where it should be', async (_what, out, place) => {
    writeFileSync(at('a.log'), log);
    const there = out.map((word) => (word.startsWith('--') ? word : at(word)));
    const { code, printed } = await run(at('a.log'), ...there);
    expect(code).toBe(0);
    expect(printed).toContain(place);
    expect(readFileSync(at(place), 'utf8')).toContain('Loss, nats per token');
  });

  it('when a log is what the program writes, then it is drawn', async () => {
    const train = ['train', '--text', path.resolve(sampleText), '--out', 'none', '--steps', '5'];
    expect(await runProgram([...train, ...small, '--log', at('p.log')])).toMatchObject({
      exitCode: 0,
    });
    expect(await run(at('p.log'))).toMatchObject({ code: 0, said: '' });
  });

  it('when a picture of ours is there, then it is drawn anew; another one only with --force', async () => {
    writeFileSync(at('a.log'), log);
    expect((await run(at('a.log'))).code).toBe(0);
    expect((await run(at('a.log'))).code).toBe(0);
    writeFileSync(at('a.svg'), '<svg>mine</svg>');
    expect((await run(at('a.log'))).code).toBe(2);
    expect((await run(at('a.log'), '--force')).code).toBe(0);
  });

  it('when a log has no ending, then the picture gets one', async () => {
    writeFileSync(at('training'), log);
    expect((await run(at('training'))).code).toBe(0);
    expect(readdirSync(folder())).toEqual(['training', 'training.svg']);
  });

  it.each<[string, () => string[], string]>([
    ['no log', () => [], 'missing required argument'],
    ['a log that is not there', () => [at('none.log')], 'none.log: there is none'],
    ['a folder', () => [folder()], 'it is a folder'],
    ['a log that is none', () => ['package.json'], 'package.json is not the log of a training'],
    ['a log as its own picture', () => [at('a.svg')], 'is the same file as the log'],
    ['a picture of somebody else', () => [at('a.log'), '--out', at('b.svg')], 'is there already'],
    ['a place that is a folder', () => [at('a.log'), '--out', at('x.svg')], 'is a folder'],
  ])('when given %s, then it is wrong usage and says so', async (_what, args, words) => {
    for (const name of ['a.log', 'a.svg']) writeFileSync(at(name), log);
    mkdirSync(at('x.svg'));
    writeFileSync(at('b.svg'), '<svg>mine</svg>');
    const { code, said } = await run(...args());
    expect(code).toBe(2);
    expect(said).toContain(words);
    expect(said.trim().split('\n').length).toBeLessThanOrEqual(2);
    expect(readFileSync(at('a.svg'), 'utf8')).toBe(log);
    expect(readFileSync(at('b.svg'), 'utf8')).toBe('<svg>mine</svg>');
  });
});
