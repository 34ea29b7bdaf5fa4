// --threads: the same bits, memory as planned, signals as ever, and one line where it cannot be.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { buildRunner, chooseRunners, type Runner } from '../../ts/runs/runners.ts';
import { execPlain } from '../exec.ts';
import { startChild } from './child.ts';
import { onlyLine, programOf, runProgram, small } from './program.ts';

const base = mkdtempSync(path.join(tmpdir(), 'legacy-llm-threads-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

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
  return execPlain(program, [...first, ...args]);
}

// Whether a thread has SIGHUP, SIGINT, SIGPIPE, SIGTERM and SIGXCPU blocked, all or none of them.
function blocks(status: string): boolean {
  const [, mask = ''] = /^SigBlk:\s*([0-9a-f]+)$/m.exec(readFileSync(status, 'utf8')) ?? [];
  const blocked = [1, 2, 13, 15, 24].map((n) => (BigInt(`0x${mask}`) >> BigInt(n - 1)) & 1n);
  expect(new Set(blocked).size).toBe(1);
  return blocked[0] === 1n;
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

  test('a training goes on with another number of them, in the same bits', async () => {
    const out = path.join(base, 'm.ckpt');
    const whole = await train();
    const first = [...text, ...small, '--steps', '4', '--stop-after', '2', '--out', out];
    await json('train', ...first, '--threads', '2');
    const last = await json('train', ...text, '--resume', out, '--threads', '3');
    expect(last.sections_crc).toBe(whole.sections_crc);
  });

  test('Ctrl-C saves what was learned; only the first thread takes signals', async () => {
    const out = path.join(base, 'cut.ckpt');
    const args = ['train', ...text, ...small, '--steps', '100000', '--threads', '3', '--json'];
    const child = startChild(await programOf('host-avx2'), [...args, '--out', out]);
    await child.prints('"event":"step"');
    if (process.platform === 'linux') {
      const tasks = `/proc/${child.pid}/task`;
      const ids = readdirSync(tasks);
      expect(ids.length).toBe(3);
      for (const id of ids) expect(blocks(`${tasks}/${id}/status`)).toBe(id !== `${child.pid}`);
    }
    child.kill('SIGINT');
    const { code, stderr } = await child.ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(/^legacy_llm: stopped at step \d+; the checkpoint is saved; /);
    expect((await runProgram(['info', '--model', out])).exitCode).toBe(0);
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
