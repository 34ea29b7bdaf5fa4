// What is kept and what is computed again changes no bit, on no build.
import { describe, expect, test } from 'vitest';
import { hashesOf } from '../../ts/parity/compare.ts';
import { runScenario } from '../../ts/parity/run.ts';
import { optimizers } from '../../ts/program/checkpoint_layout.ts';
import type { TrainSettings } from '../../ts/program/train_options.ts';
import { chooseRunners } from '../../ts/runs/runners.ts';
import { scenario } from './scenarios.ts';

const shape = {
  ...{ seed: 5, layers: 3, heads: 2, dim: 32, context: 24, batch: 4 },
  ...{ ngrams: 4, ngramRows: 90, ngramWidth: 8 }, // fewer rows than positions, and more
  ngramDropout: '0.4',
  ...{ counts: '32KB', order: 3 },
};

const modes = ['none', 'block', '2'].flatMap((recompute) =>
  [1, 3, 4].map((microBatch) => ({ recompute, microBatch })),
);

const known = new Map<string, ReturnType<typeof train>>();

// The hashes of a training; the same one is done once.
function hashesIn(runnerName: string, mode: Partial<TrainSettings>) {
  const key = `${runnerName} ${JSON.stringify(mode)}`;
  const hashes = known.get(key) ?? train(runnerName, mode);
  known.set(key, hashes);
  return hashes;
}

async function train(runnerName: string, mode: Partial<TrainSettings>) {
  const runner = chooseRunners([runnerName]).find(({ name }) => name === runnerName);
  if (!runner) throw new Error(`no runner ${runnerName}`);
  return hashesOf((await runScenario(runner, scenario(8, { ...shape, ...mode }))).evidence);
}

describe('memory modes', () => {
  test('every split of the batch and every way to recompute ends in one hash', async () => {
    const [first, ...others] = modes;
    if (!first) throw new Error('no modes');
    const expected = await hashesIn('host', first);
    expect(Object.keys(expected)).toEqual(['log', 'checkpoint', 'evaluation', 'story']);
    for (const mode of others) {
      expect({ mode, hashes: await hashesIn('host', mode) }).toEqual({ mode, hashes: expected });
    }
  });

  // With the whole batch at once each layer steps as soon as its gradient is complete, else at the end.
  test.each(optimizers)(
    '%s steps layer by layer to the bits of all layers at the end',
    async (optimizer) => {
      const atTheEnd = await hashesIn('host', { optimizer, recompute: 'none', microBatch: 1 });
      for (const recompute of ['none', 'block']) {
        const byLayer = { optimizer, recompute, microBatch: 4 };
        expect(await hashesIn('host', byLayer)).toEqual(atTheEnd);
      }
    },
  );

  test.each(['host-sse', 'host-avx2', 'p2', 'p3', 'wasm', 'wasm-simd', 'p3-laptop'])(
    '%s recomputes to the bits of the host, which keeps everything',
    async (runner) => {
      const kept = await hashesIn('host', { recompute: 'none', microBatch: 1 });
      expect(await hashesIn(runner, { recompute: '2', microBatch: 4 })).toEqual(kept);
    },
  );
});

describe('threads', () => {
  test.each(['host', 'host-sse', 'host-avx2'])(
    '%s with 1, 2, 3 and 8 threads ends in one hash, in each memory mode',
    async (runner) => {
      const expected = await hashesIn('host', { recompute: 'none', microBatch: 1 });
      for (const threads of [1, 2, 3, 8]) {
        for (const mode of [{}, { microBatch: 3 }, { microBatch: 4, recompute: 'block' }]) {
          const hashes = await hashesIn(runner, { ...mode, threads });
          expect({ threads, mode, hashes }).toEqual({ threads, mode, hashes: expected });
        }
      }
    },
  );
});
