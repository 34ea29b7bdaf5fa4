// Trains for real inside the emulated laptop, a few steps of a small model each time.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { main } from '../../ts/cli.ts';
import { type EmuTrainOptions, emuTrain } from '../../ts/commands/emu_train.ts';
import { UserError } from '../../ts/support/errors.ts';
import { sha256File } from '../../ts/support/hash.ts';
import { createProgress } from '../../ts/support/progress.ts';
import { runCommandLine } from './command_line.ts';

const sentence = 'The little dog ran to the old tree and sat down with a red ball. ';
let folder: string;
let options: EmuTrainOptions;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'legacy-llm-emu-train-'));
  const text = path.join(folder, 'text.txt');
  await writeFile(text, sentence.repeat(200));
  options = {
    ...{ steps: 3, seed: 7, layers: 1, heads: 2, dim: 32, context: 16, batch: 2 },
    text,
    out: path.join(folder, 'out', 'model.ckpt'),
    compareWith: 'host',
    force: true,
  };
});

afterAll(() => rm(folder, { recursive: true, force: true }));

interface Outcome {
  printed: string;
  progress: string;
  error: unknown;
}

async function train(change: Partial<EmuTrainOptions>): Promise<Outcome> {
  const outcome: Outcome = { printed: '', progress: '', error: undefined };
  const print = (text: string) => {
    outcome.printed += text;
  };
  const stream = {
    write: (text: string) => {
      outcome.progress += text;
    },
  };
  try {
    await emuTrain({ ...options, ...change }, print, createProgress(stream));
  } catch (error) {
    outcome.error = error;
  }
  return outcome;
}

function userError(outcome: Outcome): UserError {
  if (outcome.error instanceof UserError) return outcome.error;
  throw new Error('a UserError was expected', { cause: outcome.error });
}

describe('emu-train', () => {
  it('when it trains, then laptop and host make the same bits, and the files are brought out', async () => {
    const { printed, progress, error } = await train({ json: true, story: true });
    expect(error).toBeUndefined();
    const summary = JSON.parse(printed);
    expect(summary).toMatchObject({ machine: 'p3-64', build: 'p3', steps: 3, equal: true });
    expect(Number(summary.loss_last)).toBeLessThan(Number(summary.loss_first));
    expect(summary.emulated.peak_bytes).toBeLessThan(summary.emulated.memory_available_bytes);
    const { peak_bytes, plan_bytes } = summary.emulated;
    expect(Math.abs(peak_bytes / plan_bytes - 1)).toBeLessThan(0.05);
    expect(progress).toContain('step 3/3');
    const [checkpoint, , , story] = summary.files;
    expect(story).toMatchObject({ name: 'story', equal: true });
    expect(summary.story.split(' ').length).toBeGreaterThan(50);
    expect(await sha256File(options.out ?? '')).toBe(checkpoint.laptop);
    const log = await readFile(path.join(folder, 'out', 'model.log'), 'utf8');
    expect(log.trim().split('\n')).toHaveLength(3);
    expect((await readFile(path.join(folder, 'out', 'model.txt'))).length).toBeGreaterThan(0);
  });

  it('when the laptop is a Pentium II, then its x87 build makes the same bits, too', async () => {
    const { printed, error } = await train({ machine: 'p2-64', json: true });
    expect(error).toBeUndefined();
    expect(JSON.parse(printed)).toMatchObject({ build: 'p2', equal: true });
    expect(printed).not.toContain('story'); // of a text of one's own
  });

  it('when the laptop is the smallest that there can be, then it still tells the story', async () => {
    const { printed, error } = await train({ ram: 8, story: true });
    expect(error).toBeUndefined();
    expect(printed).toMatch(/\ncheckpoint .* equal in laptop and host/);
    expect(printed).toMatch(/\nstory .* equal in laptop and host/);
  });

  it('when the native build rounds otherwise, then it fails and names what differs', async () => {
    const outcome = await train({ compareWith: 'host-fast-math' });
    expect(userError(outcome).message).toMatch(
      /p3-64 and this host made different bits: checkpoint/,
    );
    expect(userError(outcome).exitCode).toBe(1);
    expect(outcome.printed).toContain('DIFFERENT');
  });
});

describe('emu-train without enough memory', () => {
  const large = { dim: 256, layers: 6, heads: 4, context: 64, batch: 16, ram: 12 };

  it('when the plan cannot fit, then it is refused before the boot, with plan and cap', async () => {
    const outcome = await train(large);
    expect(userError(outcome).message).toMatch(/needs [\d,]+ kB; p3-64 has at most [\d,]+ kB/);
    expect(userError(outcome).exitCode).toBe(2);
    expect(outcome.progress).not.toContain('booting');
  });

  it('when the claim is below the plan, then the program itself refuses, inside', async () => {
    const error = userError(await train({ memoryClaim: '64KB' }));
    expect(error.message).toBe('p3-64: train refused to start (exit code 2)');
    expect(error.hint).toMatch(/^legacy_llm: .*65,?536/);
    expect(error.exitCode).toBe(2);
  });
});

describe('emu-train on the command line', () => {
  it.each([
    ['an unknown machine', ['--machine', 'p4'], 'no machine "p4"'],
    ['a build above the processor', ['--machine', 'p2-64', '--build', 'p3'], 'has no SSE'],
    ['a missing text', ['--text', '/nowhere/text'], 'no text at /nowhere/text'],
    ['a size that is none', ['--memory-claim', 'much'], 'must be a size'],
    ['too little RAM', ['--ram', '1'], '--ram 1'],
    ['a comparison that does not run here', ['--compare-with', 'wasm'], 'not a native build'],
  ])('when given %s, then it is wrong usage and says so', async (_what, args, words) => {
    const { code, said } = await runCommandLine('emu-train', ...args);
    expect(code).toBe(2);
    expect(said).toContain(words);
  });

  it('when asked for the laptops, then each has a line', async () => {
    const print = vi.spyOn(console, 'log').mockImplementation(() => {});
    expect(await main(['emu-train', '--list-machines'])).toBe(0);
    const lines = String(print.mock.calls[0]).split('\n');
    print.mockRestore();
    expect(lines.map((line) => line.split(' ', 1)[0])).toEqual([
      'p3-64',
      'p3-32',
      'p3-128',
      'p2-64',
    ]);
  });
});
