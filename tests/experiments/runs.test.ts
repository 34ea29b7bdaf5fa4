import { describe, expect, it } from 'vitest';
import { createRun, memoryArgs } from '../../ts/experiments/runs.ts';
import { identity, options } from './samples.ts';

const wish = { scheme: 'row', optimizer: 'muon', seed: 3 };
const key = createRun(wish, options, identity).key;

describe('createRun', () => {
  it('when made, then the key is readable and the arguments name method, shape and seed', () => {
    const run = createRun(wish, { ...options, embeddingLr: '0.01' }, identity);
    expect(run.key).toMatch(/^row-muon-seed3-[0-9a-f]{10}$/);
    expect(run.shapeArgs.join(' ')).toBe(
      '--scheme row --optimizer muon --layers 4 --heads 2 --dim 8 --context 4 --batch 2 ' +
        '--steps 40 --seed 3 --embedding-lr 0.01',
    );
    expect(run.tokensPerStep).toBe(8);
    expect(memoryArgs(run)).toEqual([]);
  });

  it('when all is the same, then the key is, whatever else the options say', () => {
    const elsewhere = { ...options, out: 'elsewhere', jobs: 7 };
    expect(createRun(wish, elsewhere, identity).key).toBe(key);
  });

  it.each([
    ['the text', createRun(wish, options, { ...identity, textSha256: 'other' })],
    ['the program', createRun(wish, options, { ...identity, programSha256: 'other' })],
    ['the shape', createRun(wish, { ...options, steps: 41 }, identity)],
    ['the rate', createRun(wish, { ...options, embeddingLr: '0.01' }, identity)],
    ['the seed', createRun({ ...wish, seed: 4 }, options, identity)],
    [
      'the memory',
      createRun({ ...wish, memory: { microBatch: 1, recompute: 'none' } }, options, identity),
    ],
  ])('when %s is another, then the hash in the key is', (_what, run) => {
    expect(run.key.slice(-10)).not.toBe(key.slice(-10));
  });
});

describe('memoryArgs', () => {
  it('when a run has a memory mode, then it is named and can be given again', () => {
    const memory = { microBatch: 2, recompute: 'block' };
    const run = createRun({ ...wish, memory }, options, identity);
    expect(run.name).toBe('memory-2-block-seed3');
    expect(memoryArgs(run)).toEqual(['--micro-batch', '2', '--recompute', 'block']);
    expect(run.shapeArgs).not.toContain('--recompute');
  });
});
