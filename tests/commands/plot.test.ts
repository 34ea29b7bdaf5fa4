// The command itself: where the picture goes, and wrong usage in one line.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { EVENT_FILE } from '../../ts/plots/event_file.ts';
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

  it('when a table is asked for, then it stands beside the log, and no log is written over', async () => {
    writeFileSync(at('a.log'), log);
    expect((await run('--csv', at('a.log'))).code).toBe(0);
    expect((await run('--csv', at('a.log'))).code).toBe(0);
    expect(readFileSync(at('a.csv'), 'utf8')).toContain(`\n${at('a.log')},1,4.1\n`);
    writeFileSync(at('a.csv'), 'step,loss\n1,4\n');
    expect((await run('--csv', at('a.log'))).said).toContain('is there already');
    expect(readFileSync(at('a.csv'), 'utf8')).toBe('step,loss\n1,4\n');
  });

  it('when event files are asked for, then each log has a folder, and others stay', async () => {
    for (const name of ['a.log', 'b.log']) writeFileSync(at(name), log);
    const once = ['--tensorboard', at('runs'), at('a.log'), at('b.log')];
    expect((await run(...once)).code).toBe(0);
    const [a, b] = [0, 1].map((i) => at(`runs/${['a', 'b'][i]}/${EVENT_FILE}`));
    const before = readFileSync(a ?? '');
    const answer = await run(...once);
    expect(answer.code).toBe(0);
    expect(answer.printed).toContain(path.join('runs', 'b', EVENT_FILE));
    expect(readFileSync(a ?? '')).toEqual(before);
    expect(readFileSync(b ?? '')).toEqual(before);
    writeFileSync(b ?? '', 'of somebody else');
    expect((await run(...once)).said).toContain('is there already');
    expect(readFileSync(b ?? '', 'utf8')).toBe('of somebody else');
    expect((await run(...once, '--force')).code).toBe(0);
  });

  it.each<[string, () => string[], string]>([
    ['no log', () => [], 'missing required argument'],
    ['a log that is not there', () => [at('none.log')], 'none.log: there is none'],
    ['a folder', () => [folder()], 'it is a folder'],
    ['a log that is none', () => ['package.json'], 'package.json is not the log of a training'],
    ['a log as its own picture', () => [at('a.svg')], 'is the same file as the log'],
    ['a picture of somebody else', () => [at('a.log'), '--out', at('b.svg')], 'is there already'],
    ['a picture in a table', () => [at('a.log'), '--out', at('b.csv')], 'would get a picture'],
    ['a table in a picture', () => [at('a.log'), '--csv', '--out', at('c.svg')], 'get a table'],
    ['runs in a file', () => [at('a.log'), '--tensorboard', at('b.svg')], 'is no folder'],
    [
      'two logs of one name',
      () => [at('a.log'), at('x/a.log'), '--tensorboard', at('new')],
      'would be the same run, a',
    ],
    ['two forms', () => [at('a.log'), '--csv', '--tensorboard', at('new')], 'cannot be used with'],
    ['a page and a table', () => [at('a.log'), '--csv', '--watch'], 'cannot be used with'],
    ['a page of no log', () => ['package.json', '--watch'], 'is not the log of a training'],
    ['a port without a page', () => [at('a.log'), '--port', '8000'], '--port is for --watch'],
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
