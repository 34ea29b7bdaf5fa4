import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { createRun } from '../../ts/experiments/runs.ts';
import { createStore } from '../../ts/experiments/store.ts';
import { finishRun, type Laboratory } from '../../ts/experiments/train.ts';
import type { StepEvent } from '../../ts/program/events.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { callsOf, writeFakeProgram } from './fake_program.ts';
import { identity, options } from './samples.ts';

const folder = useTemporaryFolder();
const inside = (name: string) => path.join(folder(), name);
const wish = { scheme: 'row', optimizer: 'muon', seed: 1 };
const run = createRun(wish, options, identity);
const short = createRun(
  { ...wish, memory: { microBatch: 2, recompute: 'block' } },
  options,
  identity,
);
let lab: Laboratory;
let steps: StepEvent[];

beforeEach(async () => {
  steps = [];
  lab = {
    program: writeFakeProgram(folder()),
    store: createStore(folder()),
    text: inside('text'),
    identity,
    jobs: 2,
    invocation: 'first',
    force: false,
    onStep: (_run, event) => void steps.push(event),
  };
  await lab.store.open();
});

describe('finishRun', () => {
  it('when nothing is there, then it trains, judges and keeps what the program said', async () => {
    const result = await finishRun(run, lab);
    expect(result).toMatchObject({
      key: run.key,
      held_out: {
        loss: '1.2510',
        transformer: '1.7510',
        counts: '1.3',
        tokens: 40,
        unigram: '3.0591',
        bigram: '2.3221',
      },
      ...{ ternary_weights: 100, weight_state_bytes: 200, gradient_bytes: 48 },
      ...{ tokens: 320, tokens_per_second: 80, peak_bytes: 777, invocation: 'first' },
    });
    expect(result.train_loss).toBe('3.0375');
    expect(result.checkpoint_sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(await lab.store.result(run)).toEqual(result);
    expect(steps.at(-1)).toMatchObject({ step: 40, steps: 40 });
    const [train] = callsOf(folder(), 'train');
    expect(train).toEqual(expect.arrayContaining(['--save-every', '2', ...run.shapeArgs]));
  });

  it('when it was stopped, then it goes on from its checkpoint to the same result', async () => {
    const whole = await finishRun(run, lab);
    await lab.store.forget(run);
    writeFileSync(inside('stop'), '15');
    await expect(finishRun(run, lab)).rejects.toMatchObject({ exitCode: 130 });
    expect(await lab.store.state(run)).toBe('begun');
    writeFileSync(inside('stop'), '');
    const resumed = await finishRun(run, lab);
    const train = callsOf(folder(), 'train').at(-1) ?? [];
    expect(train).toEqual(expect.arrayContaining(['--resume', lab.store.checkpoint(run)]));
    expect(train).not.toContain('--scheme');
    expect(resumed).toEqual(whole);
    expect(await lab.store.losses(run)).toHaveLength(40);
  });

  it('when it was stopped between training and judgement, then only that is left', async () => {
    const { tokens_per_second: _, ...whole } = await finishRun(run, lab);
    const done = JSON.stringify({ ...wish, steps: 40, step: 40 });
    writeFileSync(lab.store.checkpoint(run), done);
    const after = await finishRun(run, lab);
    expect(after).toMatchObject({ held_out: whole.held_out, tokens_per_second: null });
    expect(after.train_loss).toBe(whole.train_loss);
  });

  it('when forced, then a checkpoint that is there is not used', async () => {
    writeFileSync(lab.store.checkpoint(run), '{}');
    await finishRun(run, { ...lab, force: true });
    expect(callsOf(folder(), 'train')[0]).not.toContain('--resume');
  });

  it('when it is for memory, then the mode is named each time, and nothing judged', async () => {
    writeFileSync(inside('stop'), '3');
    await expect(finishRun(short, lab)).rejects.toMatchObject({ exitCode: 130 });
    writeFileSync(inside('stop'), '');
    const result = await finishRun(short, lab);
    expect(result).toMatchObject({ held_out: null, activation_bytes: 100, jobs: 1 });
    for (const call of callsOf(folder(), 'train')) {
      expect(call).toEqual(expect.arrayContaining(['--micro-batch', '2', '--recompute', 'block']));
    }
    expect(callsOf(folder(), 'train')).toHaveLength(2);
    expect(existsSync(lab.store.checkpoint(short))).toBe(false);
  });

  it('when the program fails, then the error is its last line, and nothing is kept', async () => {
    writeFileSync(inside('fail'), 'row-muon');
    await expect(finishRun(run, lab)).rejects.toMatchObject({
      message: 'disk full',
      hint: undefined,
    });
    expect(await lab.store.state(run)).toBe('open');
  });

  it('when the checkpoint is damaged, then the error says how to start anew', async () => {
    writeFileSync(lab.store.checkpoint(run), 'noise');
    await expect(finishRun(run, lab)).rejects.toMatchObject({
      message: expect.stringContaining('no checkpoint'),
      hint: expect.stringContaining('--force starts again'),
    });
  });
});
