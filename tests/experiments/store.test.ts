import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { createRun } from '../../ts/experiments/runs.ts';
import { createStore, type Store } from '../../ts/experiments/store.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { identity, options, resultOf } from './samples.ts';

const folder = useTemporaryFolder();
const run = createRun({ scheme: 'row', optimizer: 'muon', seed: 1 }, options, identity);
let store: Store;

beforeEach(async () => {
  store = createStore(folder());
  await store.open();
});

const files = () => readdirSync(path.join(folder(), 'runs')).sort();
const part = (...steps: number[]) =>
  writeFileSync(store.part(run), steps.map((step) => `{"step":${step},"loss":"2.5"}\n`).join(''));

describe('the state of a run', () => {
  it('when it goes on, then it is open, begun, done', async () => {
    expect(await store.state(run)).toBe('open');
    writeFileSync(store.checkpoint(run), 'x');
    expect(await store.state(run)).toBe('begun');
    await store.finish(run, resultOf(run));
    expect(await store.state(run)).toBe('done');
    expect(await store.result(run)).toEqual(resultOf(run));
  });

  it('when it is finished, then the result stays and the checkpoint goes', async () => {
    writeFileSync(store.checkpoint(run), 'x');
    await store.finish(run, resultOf(run));
    expect(files()).toEqual([`${run.key}.json`]);
  });

  it.each(['{"key":', '{"key":"another"}'])('when the result is %s, then none', async (text) => {
    writeFileSync(path.join(folder(), 'runs', `${run.key}.json`), text);
    expect(await store.state(run)).toBe('open');
  });

  it('when it is forgotten, then nothing of it is left', async () => {
    part(1);
    await store.joinLogs(run);
    part(2);
    writeFileSync(store.checkpoint(run), 'x');
    await store.finish(run, resultOf(run));
    writeFileSync(store.checkpoint(run), 'x');
    await store.forget(run);
    expect(files()).toEqual([]);
  });
});

describe('the log of a run', () => {
  it('when it was made in several calls, then each step stands there once, in order', async () => {
    part(1, 2, 3);
    await store.joinLogs(run);
    part(3, 4);
    await store.joinLogs(run);
    expect((await store.losses(run)).map(({ step }) => step)).toEqual([1, 2, 3, 4]);
    expect(existsSync(store.part(run))).toBe(false);
  });

  it('when a call made no step, then what was there stays', async () => {
    part(1, 2);
    await store.joinLogs(run);
    part();
    await store.joinLogs(run);
    expect(await store.losses(run)).toHaveLength(2);
    expect(existsSync(store.part(run))).toBe(false);
  });
});
