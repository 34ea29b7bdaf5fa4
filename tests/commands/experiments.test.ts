import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { longRunTarget } from '../../ts/build/targets.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { runCommandLine } from './command_line.ts';

const folder = useTemporaryFolder();

afterEach(() => vi.restoreAllMocks());

const run = (...args: string[]) => runCommandLine('experiments', ...args);

describe('experiments on the command line', () => {
  it.each([
    [
      'an unknown table',
      ['--tables', 'schemes,speeds'],
      'Tables: schemes, optimizers, memory, race.',
    ],
    ['a missing text', ['--text', '/nowhere/text'], 'no text at /nowhere/text'],
    ['seeds that are none', ['--seeds', '1,two'], 'must be a whole number'],
    ['no steps', ['--steps', '0'], 'must be at least 1'],
    ['no jobs', ['--jobs', '0'], 'must be at least 1'],
    ['a rate that is none', ['--embedding-lr', 'fast'], 'must be a number'],
    ['a reference without a loss', ['--reference', 'nanoGPT'], 'must be NAME=LOSS'],
    ['no rows', ['--only', ','], 'must name a row'],
    ['an unknown build', ['--target', 'p4'], 'there is no target "p4"'],
  ])('when given %s, then it is wrong usage and says so', async (_what, args, words) => {
    const { code, said } = await run(...args);
    expect(code).toBe(2);
    expect(said).toContain(words);
    expect(said.trim().split('\n').length).toBeLessThanOrEqual(2);
  });

  it('when asked for help, then defaults are named', async () => {
    const { code, said } = await run('--help');
    expect(code).toBe(0);
    expect(said).toContain('reports/experiments');
    expect(said).toMatch(/--steps <n> +training steps \(default: 1000\)/);
    expect(said).toContain(longRunTarget);
  });
});

describe('experiments with the real program', () => {
  const shape = '--layers 1 --heads 2 --dim 16 --context 16 --batch 2 --steps 3'.split(' ');
  const chosen = ['--only', 'muon,1/none,1/block,2/none,2/block'];

  it('when it trains, then all ways to cut up a step give one checkpoint', async () => {
    const print = vi.spyOn(console, 'log').mockImplementation(() => {});
    const progress = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
    const args = [...shape, ...chosen, '--out', folder()];
    expect(await run(...args)).toEqual({ code: 0, said: '' });
    expect(print.mock.calls.join()).toContain('loss_by_bytes.svg');
    expect(progress.mock.calls.join()).toContain('(5 of 5 done)');
    const text = readFileSync(path.join(folder(), 'experiments.md'), 'utf8');
    expect(text.match(/\| yes \|$/gm)).toHaveLength(4);
    expect(text).toMatch(/^\| muon \| .* \| 1.6 \| [\d,]+ \| \d\.\d{4} \| \d\.\d{4} \| /m);

    expect(await run(...args, '--list')).toEqual({ code: 0, said: '' });
    expect(print.mock.lastCall?.join()).toContain('5 of 5 done');
  });

  it('when it refuses the shape, then its words come once, as wrong usage', async () => {
    vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
    const { code, said } = await run(...shape, '--dim', '17', '--out', folder());
    expect(code).toBe(2);
    expect(said).toMatch(/^legacy-llm: [^\n]*17[^\n]*$/);
  });
});
