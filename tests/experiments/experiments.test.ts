import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { compareMethods, listText, prepare } from '../../ts/experiments/experiments.ts';
import type { ExperimentOptions } from '../../ts/experiments/settings.ts';
import { rootDir } from '../../ts/support/paths.ts';
import { createProgress } from '../../ts/support/progress.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { callsOf, writeFakeProgram } from './fake_program.ts';
import { options } from './samples.ts';

const folder = useTemporaryFolder();
const inside = (...names: string[]) => path.join(folder(), ...names);
const report = (name = 'experiments.md') => readFileSync(inside('out', name), 'utf8');
const trainings = () => callsOf(folder(), 'train').length;

beforeEach(() => writeFileSync(inside('text'), 'Once upon a time.'));

function comparison(change: Partial<ExperimentOptions> = {}) {
  const own = { ...options, text: inside('text'), out: inside('out'), ...change };
  return prepare(own, writeFakeProgram(folder()));
}

async function compare(change: Partial<ExperimentOptions> = {}) {
  let written = '';
  const write = (text: string) => {
    written += text;
  };
  const progress = createProgress({ write });
  const outcome = compareMethods(await comparison(change), progress);
  return {
    error: await outcome.then(
      () => undefined,
      (error: unknown) => error,
    ),
    written,
  };
}

describe('a comparison', () => {
  it('when run, then each run is made once, and the reports hold what came of it', async () => {
    const { error, written } = await compare({ seeds: [1, 2] });
    expect(error).toBeUndefined();
    expect(trainings()).toBe(6 + 5);
    expect(written).toContain('0 of 11 done, 11 to run');
    expect(written).toContain('(11 of 11 done)');
    expect(report()).toContain(
      '| row | \\|w\\| > row | 2.00 | 1.6 | 5,000 | 1.7510 | 1.7520 | 1.2510 | 1.2520 | 1.00 |',
    );
    expect(report()).toContain(
      '| lion | by lion | 1.50 | 1.6 | 5,000 | 1.6010 | 1.6020 | 1.1010 | 1.1020 | 1.00 |',
    );
    expect(report()).toContain('| 2 | block | 100 | 48 | 5,000 | 0.50 | yes |');
    expect(report()).toContain('text, 17 bytes, SHA-256');
    expect(report('experiments.csv').trim().split('\n')).toHaveLength(12);
    expect(report('loss_by_bytes.svg')).toContain('>absmean + muon</text>');
    expect(report('curves.svg')).toContain('>lion (seed 2)</text>');
    const left = readdirSync(inside('out', 'runs')).map((name) => path.extname(name));
    expect(new Set(left)).toEqual(new Set(['.json', '.log']));
  });

  it('when it is done, then a second call runs nothing and writes the same', async () => {
    await compare();
    const before = [report(), report('experiments.csv'), report('curves.svg')];
    const { written } = await compare();
    expect(trainings()).toBe(8);
    expect(written).toContain('8 of 8 done, 0 to run');
    expect([report(), report('experiments.csv'), report('curves.svg')]).toEqual(before);
  });

  it('when only memory is compared, then there is no picture, nor a word of one', async () => {
    await compare({ tables: ['memory'] });
    expect(readdirSync(inside('out')).filter((name) => name.endsWith('.svg'))).toEqual([]);
    expect(report()).not.toContain('.svg');
  });

  it('when forced, then the chosen rows are run again, and the others are kept', async () => {
    await compare();
    await compare({ force: true, only: ['row', '1/none'] });
    expect(trainings()).toBe(8 + 2);
    expect(report()).not.toContain('not run');
  });

  it('when the text is another, then all is run anew', async () => {
    await compare({ only: ['row'] });
    writeFileSync(inside('text'), 'Twice upon a time.');
    await compare({ only: ['row'] });
    expect(trainings()).toBe(2);
  });

  it('when a row was measured in another call, then it has no ratio', async () => {
    await compare({ only: ['absmean', '1/none'] });
    await compare();
    expect(report()).toContain(
      '| row | \\|w\\| > row | 2.00 | 1.6 | 5,000 | 1.7510 | 1.2510 |  | row, 2024 |',
    );
  });

  it('when one fails, then the others go on, it is marked, the next call tries it', async () => {
    writeFileSync(inside('fail'), 'absmean-lion');
    const { error, written } = await compare();
    expect(error).toMatchObject({ message: '1 of 8 runs failed', exitCode: 1 });
    expect(written).toMatch(/^absmean-lion-seed1 FAILED: disk full \(/m);
    expect(report()).toContain('| lion | by lion |  | 1.6 |  | FAILED | FAILED |  | lion, 2023 |');
    expect(report()).toContain('| 1.7510 | 1.2510 |');
    expect(report('experiments.csv')).toContain('FAILED,disk full');
    writeFileSync(inside('fail'), '');
    expect((await compare()).error).toBeUndefined();
    expect(trainings()).toBe(9);
    expect(report()).not.toContain('FAILED');
  });

  it('when the shape is impossible, then it is refused once, as wrong usage', async () => {
    const { error } = await compare({ dim: 9 });
    expect(error).toMatchObject({ message: 'impossible shape', exitCode: 2 });
    expect(callsOf(folder(), 'train')).toEqual([]);
  });
});

describe('the list', () => {
  it('when asked for, then it says what is done and what is begun, and runs nothing', async () => {
    await compare({ only: ['row'] });
    writeFileSync(inside('stop'), '5');
    expect((await compare({ only: ['lion'] })).error).toMatchObject({ exitCode: 130 });
    const before = trainings();
    const lines = (await listText(await comparison({ tables: ['schemes', 'optimizers'] }))).split(
      '\n',
    );
    expect(lines[0]).toMatch(/^open {3}absmean-muon-seed1-[0-9a-f]{10}$/);
    expect(lines[1]).toMatch(/^done {3}row-muon-seed1-[0-9a-f]{10}, held-out loss 1.2510$/);
    expect(lines[2]).toMatch(/^begun {2}absmean-lion-seed1-/);
    expect(lines[3]).toBe('1 of 3 done');
    expect(trainings()).toBe(before);
  });
});

describe('Ctrl-C', () => {
  it('when it comes, then the children save and end, and a second call goes on', async () => {
    writeFileSync(inside('hold'), 'row-muon');
    const driver = path.join(import.meta.dirname, 'compare_fake.ts');
    const args = ['--import', 'tsx', driver, folder()];
    const child = spawn(process.execPath, args, {
      cwd: rootDir,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ended = new Promise((resolve) => child.once('close', (code) => resolve(code)));
    let said = '';
    let sent = false;
    for await (const piece of child.stderr) {
      said += String(piece);
      // The held run shows its last step and then waits for the signal.
      if (sent || !/row-muon-seed1 40\/40/.test(said)) continue;
      sent = child.kill('SIGINT');
    }
    expect(await ended).toBe(130);
    expect(said).toContain('the same command goes on from here');
    expect(said).toContain('legacy-llm: stopped by Ctrl-C');
    const [checkpoint = ''] = readdirSync(inside('out', 'runs')).filter((name) =>
      /^row-muon.*\.ckpt$/.test(name),
    );
    expect(existsSync(inside('out', 'runs', checkpoint))).toBe(true);
    writeFileSync(inside('hold'), '');
    expect((await compare()).error).toBeUndefined();
    const resumed = callsOf(folder(), 'train').filter((call) => call.includes('--resume'));
    expect(resumed.some((call) => call.includes(inside('out', 'runs', checkpoint)))).toBe(true);
    expect(report()).not.toContain('not run');
  });
});
