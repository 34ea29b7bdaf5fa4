// The command itself: wrong usage in one line, and short real runs of this machine's builds.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ReportData } from '../../ts/report/data.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { runCommandLine } from './command_line.ts';

const folder = useTemporaryFolder();

afterEach(() => vi.restoreAllMocks());

const run = (...args: string[]) => runCommandLine('report', ...args);

describe('report on the command line', () => {
  it.each([
    ['an unknown runner', ['--only', 'p4'], 'there is no runner "p4"'],
    ['no runner', ['--only', ','], 'must name a runner'],
    ['no runs', ['--runs', '0'], 'must be at least 1'],
    ['an unknown preset', ['--preset', 'huge'], 'Allowed choices are tiny'],
    ['a missing text', ['--text', '/nowhere/text'], 'no text at /nowhere/text'],
    ['a missing report', ['--against', '/nowhere/report.json'], 'it cannot be read'],
    ['a file that is no report', ['--against', 'package.json'], 'it is not a report'],
  ])('when given %s, then it is wrong usage and says so', async (_what, args, words) => {
    const { code, said } = await run(...args);
    expect(code).toBe(2);
    expect(said).toContain(words);
    expect(said.trim().split('\n').length).toBeLessThanOrEqual(2);
  });

  it('when asked for help, then defaults are named', async () => {
    const { code, said } = await run('--help');
    expect(code).toBe(0);
    expect(said).toMatch(/--runs <n> +how often each timing is repeated \(default: 3\)/);
  });
});

describe('report on the real program', () => {
  const short = ['--steps', '2', '--tokens', '20', '--runs', '2'];

  async function shortRun(...args: string[]) {
    vi.spyOn(console, 'log').mockImplementation(() => {});
    vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
    const { code, said } = await run(...short, '--out', folder(), ...args);
    const names = readdirSync(folder()).sort();
    const file = (name: string) => path.join(folder(), names.at(-1) ?? '', name);
    const read = (name: string) => readFileSync(file(name), 'utf8');
    return { code, said, file, read, data: JSON.parse(read('report.json')) as ReportData };
  }

  it('when only the host runs, then page, tables and numbers are written', async () => {
    const { code, said, read, data } = await shortRun('--only', 'host');
    expect({ code, said }).toEqual({ code: 0, said: '' });
    const [host] = data.runners;
    expect(data.runners).toHaveLength(1);
    expect(host?.timed?.train).toHaveLength(2);
    expect(host?.hashes.checkpoint).toMatch(/^[0-9a-f]{64}$/);
    expect(data.model?.exportedBytes).toBeLessThan(data.model?.checkpointBytes ?? 0);
    expect(data.builds[0]?.compiler).toMatch(/^gcc /);
    const [kernels] = data.kernels;
    expect(kernels?.rows.map(({ name }) => name)).toContain('step');
    expect(read('index.html')).toContain('runs made the same checkpoint: SHA-256');
    expect(read('report.md')).toContain('| host | here (host) |');
  });

  it('when a build makes other bits, then it fails loudly, and the report is there', async () => {
    const { code, said, file, read, data } = await shortRun('--only', 'host-fast-math');
    expect(code).toBe(1);
    expect(said).toMatch(/^legacy-llm: the report has one problem\n {2}host-fast-math made other/);
    expect(data.runners[1]?.difference).toMatch(/^log, line 1|^checkpoint/);
    expect(read('index.html')).toContain('class="alarm" role="alert">host-fast-math made other');

    const again = await shortRun('--only', 'host', '--against', file('report.json'));
    expect(again.code).toBe(0);
    expect(again.read('report.md')).toContain('All bits are the same as in that report.');
  });
});
