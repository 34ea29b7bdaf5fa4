// Trainings in several processes: the bits of one alone, whatever their number and their builds; and
// what is said where they do not go together.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { rankShape } from '../../ts/commands/kill.ts';
import { killRanks } from '../../ts/robustness/kill_ranks.ts';
import { MPIRUN, mpirunArgs, type RankGroup } from '../../ts/runs/ranks.ts';
import { execAny } from '../../ts/support/exec.ts';
import { sha256File } from '../../ts/support/hash.ts';
import { rootDir } from '../../ts/support/paths.ts';
import { createProgress } from '../../ts/support/progress.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { onlyLine, programOf, runProgram } from './program.ts';

const folder = useTemporaryFolder();
const sample = path.join(rootDir, 'data', 'tiny_stories_sample.txt');

const shape = [
  ...['--layers', '2', '--heads', '2', '--dim', '32', '--context', '32', '--batch', '8'],
  ...['--tokenizer', 'bpe', '--vocab', '300', '--bigram-rows', '64', '--ngrams', '4'],
  ...['--ngram-rows', '32', '--ngram-dropout', '0.2', '--counts', '32KB', '--order', '3'],
];

const training = (out: string, ...more: string[]) => [
  ...['train', '--text', sample, '--steps', '12', ...shape, '--out', out, ...more],
];

// Starts ranks; more of them may follow, of another build or with other words.
async function mpirun(...groups: RankGroup[]) {
  return execAny(MPIRUN, mpirunArgs(groups), { cwd: folder() });
}

async function ranks(count: number, args: readonly string[], build = 'host-mpi') {
  return { count, args, program: await programOf(build) };
}

let alone: Promise<string> | undefined;

// The SHA-256 of the checkpoint of one process, by the build that is the specification.
function hashAlone(): Promise<string> {
  alone ??= runProgram(training('alone.ckpt'), folder()).then((result) => {
    expect(result.stderr).toBe('');
    return sha256File(path.join(folder(), 'alone.ckpt'));
  });
  return alone;
}

describe('the same bits', () => {
  test.each([1, 2, 3, 4, 8])('on %i ranks', async (count) => {
    const expected = await hashAlone();
    const result = await mpirun(await ranks(count, training('r.ckpt')));
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await sha256File(path.join(folder(), 'r.ckpt'))).toBe(expected);
    expect(readdirSync(folder())).not.toContain('r.ckpt.lock');
  });

  test('on ranks of two builds, in three memory modes, with threads and without', async () => {
    const expected = await hashAlone();
    const result = await mpirun(
      await ranks(1, training('r.ckpt', '--recompute', 'block', '--micro-batch', '1')),
      await ranks(2, training('r.ckpt', '--threads', '2'), 'host-mpi-avx2'),
      await ranks(1, training('r.ckpt', '--recompute', '1')),
    );
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await sha256File(path.join(folder(), 'r.ckpt'))).toBe(expected);
  });

  test('stopped on three, resumed on two, ended alone', async () => {
    const expected = await hashAlone();
    const resume = ['train', '--resume', 'r.ckpt', '--text', sample];
    await mpirun(await ranks(3, training('r.ckpt', '--stop-after', '4')));
    await mpirun(await ranks(2, [...resume, '--stop-after', '9']));
    expect((await runProgram(resume, folder())).exitCode).toBe(0);
    expect(await sha256File(path.join(folder(), 'r.ckpt'))).toBe(expected);
  });

  test('one log, and one plan, of the rank that writes', async () => {
    const log = ['--log', 'r.log', '--eval-every', '6', '--json'];
    const result = await mpirun(await ranks(2, training('r.ckpt', ...log)));
    await runProgram(training('a.ckpt', '--log', 'a.log', '--eval-every', '6', '--json'), folder());
    expect(await sha256File(path.join(folder(), 'r.log'))).toBe(
      await sha256File(path.join(folder(), 'a.log')),
    );
    expect(result.stdout.match(/"event":"plan"/g)).toHaveLength(1);
  });
});

describe('what each rank takes', () => {
  const planOf = async (...more: string[]) => {
    const { stdout } = await runProgram(['plan', '--text', sample, '--json', ...shape, ...more]);
    return JSON.parse(stdout) as { activation_bytes: number; arena_bytes: number };
  };
  const whole = ['--micro-batch', '8'];

  test('is the activations of its own sequences', async () => {
    const [one, four] = [await planOf(...whole), await planOf(...whole, '--ranks', '4')];
    expect(four.activation_bytes).toBeLessThan(one.activation_bytes / 3);
    expect(four.arena_bytes).toBeLessThan(one.arena_bytes);
  });

  test('more ranks than sequences are refused', async () => {
    const result = await runProgram(['plan', '--text', sample, ...shape, '--ranks', '9']);
    expect(result.exitCode).toBe(2);
    expect(onlyLine(result)).toContain('9 ranks cannot share a batch of 8 sequences');
  });
});

describe('ranks that do not go together end all, with one line', () => {
  const other = () => path.join(folder(), 'other.txt');
  const rows: [string, () => Promise<RankGroup[]>, RegExp][] = [
    [
      'another text',
      async () => {
        writeFileSync(other(), 'A cat sat on the mat, and a dog came by. '.repeat(500));
        const text = ['train', '--text', other(), '--steps', '12', ...shape, '--out', 'r.ckpt'];
        return [await ranks(2, training('r.ckpt')), await ranks(1, text)];
      },
      /rank 2 of 3 has another text than rank 0/,
    ],
    [
      'other settings',
      async () => [
        await ranks(1, training('r.ckpt')),
        await ranks(2, training('r.ckpt', '--seed', '2')),
      ],
      /2 of the 3 ranks have other settings than rank 0/,
    ],
    [
      'a rank without the text',
      async () => [
        await ranks(2, training('r.ckpt')),
        await ranks(1, ['train', '--text', other(), '--out', 'r.ckpt']),
      ],
      /cannot read the text .*other.txt/,
    ],
    [
      'an option that is none',
      async () => [await ranks(3, training('r.ckpt', '--layrs', '2'))],
      /unknown option --layrs/,
    ],
    [
      'more ranks than sequences',
      async () => [await ranks(9, training('r.ckpt'))],
      /9 ranks cannot share a batch of 8 sequences/,
    ],
    [
      'a folder where the checkpoint is to go',
      async () => {
        mkdirSync(path.join(folder(), 'r.ckpt'), { recursive: true });
        return [await ranks(3, training('r.ckpt'))];
      },
      /r\.ckpt/,
    ],
    ['a full disk', async () => [await ranks(3, training('/dev/full', '--force'))], /dev\/full/],
    [
      'what one process would show',
      async () => [await ranks(2, training('r.ckpt', '--trace', 'r.trace'))],
      /--trace shows what one process computes/,
    ],
    [
      'another command',
      async () => [await ranks(2, ['methods'])],
      /several ranks can train and nothing else/,
    ],
  ];

  test.each(rows)('%s', async (_, groups, words) => {
    const result = await mpirun(...(await groups()));
    expect(result.exitCode).not.toBe(0);
    expect(onlyLine(result)).toMatch(words);
    expect(readdirSync(folder()).filter((name) => /tmp|lock/.test(name))).toEqual([]);
  });
});

// Fifty times with `npm run kill -- --ranks --times 50 --steps 300`.
test('a killed rank ends all, and the training goes on with any number of them', async () => {
  const settings = {
    ...{ program: await programOf('host-mpi'), folder: folder(), text: sample, shape: rankShape },
    ...{ times: 3, seed: 3, steps: 150 },
  };
  const counts = await killRanks(settings, createProgress({ write: () => {} }));
  expect(counts.kills).toBe(3);
  expect(counts.finished).toBeGreaterThan(0);
});
