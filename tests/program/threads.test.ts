// --threads: the same bits, memory as planned, and one line where it cannot be.
import { describe, expect, test } from 'vitest';
import { buildRunner, chooseRunners, type Runner } from '../../ts/runs/runners.ts';
import { execAny } from '../../ts/support/exec.ts';
import { onlyLine, runProgram, small } from './program.ts';

const text = ['--text', 'data/tiny_stories_sample.txt'];

async function json(command: string, ...args: string[]) {
  const result = await runProgram([command, '--json', ...args], undefined, 'host-avx2');
  expect(result).toMatchObject({ stderr: '', exitCode: 0 });
  return JSON.parse(result.stdout.trimEnd().split('\n').at(-1) ?? '');
}

// The program of a runner, WebAssembly under Node.
async function runBuilt(name: string, ...args: string[]) {
  const runner = chooseRunners([name]).at(-1) as Runner;
  const [program = '', ...first] = (await buildRunner(runner)).command;
  return execAny(program, [...first, ...args]);
}

const train = (...args: string[]) =>
  json('train', ...text, ...small, '--steps', '4', '--out', 'none', ...args);

describe('--threads', () => {
  test.each(['1', '2', '3', '8', '64'])('%s: the same bits, in the planned memory', async (n) => {
    const one = await train();
    const many = await train('--threads', n);
    const plan = await json('plan', ...text, ...small, '--threads', n);
    expect(many.sections_crc).toBe(one.sections_crc);
    expect(many.plan_bytes).toBe(plan.arena_bytes);
    if (n === '1') expect(many.plan_bytes).toBe(one.plan_bytes);
    else expect(many.plan_bytes).toBeGreaterThan(one.plan_bytes);
  });

  test('without --micro-batch each thread has a sequence at a time', async () => {
    const planned = async (...args: string[]) => json('plan', ...text, '--batch', '8', ...args);
    expect((await planned('--recompute', 'none')).micro_batch).toBe(1);
    expect((await planned('--recompute', 'none', '--threads', '3')).micro_batch).toBe(3);
    expect((await planned('--threads', '64')).micro_batch).toBe(8);
    expect((await planned('--threads', '3', '--micro-batch', '2')).micro_batch).toBe(2);
  });

  test('an evaluation is the same by any number of them', async () => {
    const one = await json('eval', '--eval-tokens', '1000');
    for (const n of ['2', '3', '8', '64'])
      expect(await json('eval', '--eval-tokens', '1000', '--threads', n)).toEqual(one);
  });

  test.each(['0', '65', 'two'])('%s is refused by name', async (n) => {
    const result = await runProgram(['train', ...small, '--threads', n], undefined, 'host');
    expect(result.exitCode).toBe(2);
    expect(onlyLine(result)).toMatch(/--threads .*: give a whole number from 1 to 64/);
  });

  test.each(['p2', 'p3', 'wasm', 'wasm-simd'])('%s has no threads, and says so', async (target) => {
    const result = await runBuilt(target, 'train', ...small, '--threads', '2');
    expect(result.exitCode).toBe(2);
    expect(onlyLine(result)).toMatch(/--threads 2: this build computes in one thread; leave out/);
    const plan = await runBuilt(target, 'plan', ...small, '--threads', '2');
    expect(plan.exitCode).toBe(0);
  });
});
