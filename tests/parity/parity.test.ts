// The proof itself: every build gives the same bits, and a build that does not is caught and named.
import { describe, expect, test } from 'vitest';
import { firstDifference } from '../../ts/parity/compare.ts';
import { checkParity } from '../../ts/parity/parity.ts';
import { runScenario } from '../../ts/parity/run.ts';
import { readCheckpoint } from '../../ts/program/checkpoint.ts';
import { chooseRunners, type Runner, runners } from '../../ts/runs/runners.ts';
import { base, nativeRunners, odd, pcRunners, scenario } from './scenarios.ts';

describe('parity', () => {
  test('a hundred steps give one hash over all native builds and WebAssembly', async () => {
    const result = await checkParity(scenario(100), nativeRunners);
    expect(result.rows.map(({ runner }) => runner)).toEqual(
      ['host', 'host-sse', 'host-avx2', 'p2', 'p3', 'wasm', 'wasm-simd'], // nobody was left out
    );
    expect(result.rows.flatMap(({ first }) => first ?? [])).toEqual([]);
    expect(result.equal).toBe(true);
    expect(new Set(result.rows.map(({ hashes }) => hashes.checkpoint)).size).toBe(1);
  });

  test('an odd shape gives one hash, on both laptops too', async () => {
    const result = await checkParity(scenario(12, odd), pcRunners);
    expect(result.rows.map(({ runner }) => runner)).toContain('p2-laptop');
    expect(result.rows.map(({ runner }) => runner)).toContain('p3-laptop');
    expect(result.rows.flatMap(({ first }) => first ?? [])).toEqual([]);
    expect(result.equal).toBe(true);
    for (const { hashes } of result.rows) {
      expect(Object.keys(hashes)).toEqual(['log', 'checkpoint', 'evaluation', 'story']);
    }
  });

  test('pairs of bytes, documents and n-grams give one hash, on a laptop too', async () => {
    const bpe = { tokenizer: 'bpe', vocab: 300, separator: '\\n\\n' } as const;
    const tokens = {
      ...bpe,
      ngrams: 5,
      ngramRows: 40,
      ngramWidth: 19,
      ngramDropout: '0.3',
      embeddingInit: '0.4',
    };
    const laptop = chooseRunners(['p3-laptop']).slice(1);
    const chosen = [...nativeRunners, ...laptop];
    const result = await checkParity(scenario(12, { ...odd, ...tokens }), chosen);
    expect(result.rows).toHaveLength(8);
    expect(result.rows.flatMap(({ first }) => first ?? [])).toEqual([]);
    expect(result.equal).toBe(true);
    const [host] = chosen;
    const { evidence } = await runScenario(host as Runner, scenario(12, { ...odd, ...tokens }));
    const { tokenizer, shape } = readCheckpoint(evidence.checkpoint ?? Buffer.alloc(0));
    expect(tokenizer).toMatchObject({ kind: 'bpe', separator: Buffer.from('\n\n') });
    expect(shape).toMatchObject({ vocab: 300, separator: 299, ngrams: 5, ngramRows: 40 });
  });

  test('x87 at full precision, rounded at each store, agrees: no denormal leaks', async () => {
    const result = await checkParity(scenario(20), chooseRunners(['p2-witness']));
    expect(result.rows.flatMap(({ first }) => first ?? [])).toEqual([]);
    expect(result.equal).toBe(true);
  });

  test('the build of the floppy disk, compiled for size, agrees', async () => {
    const result = await checkParity(scenario(12, odd), chooseRunners(['p2-small']));
    expect(result.rows.map(({ runner }) => runner)).toEqual(['host', 'p2-small']);
    expect(result.rows.flatMap(({ first }) => first ?? [])).toEqual([]);
    expect(result.equal).toBe(true);
  });

  test('a build with -ffast-math is caught, and the first step and tensor are named', async () => {
    const result = await checkParity(scenario(20), chooseRunners(['host-fast-math']));
    expect(result.equal).toBe(false);
    const [host, fastMath] = result.rows;
    expect(host?.differing).toEqual([]);
    expect(fastMath?.differing).toContain('checkpoint');
    expect(fastMath?.first).toMatch(/^step \d+, tensor [\w.]+ is the first that differs/);
  });

  test('another seed gives other bits, and the checkpoint names the first tensor', async () => {
    const [host] = runners;
    if (!host) throw new Error('no runner');
    const { order: _, ...shape } = base;
    const alone = { ...shape, counts: 'none' }; // in whose section the gates come first
    const [a, b] = [
      await runScenario(host, scenario(2, alone)),
      await runScenario(host, scenario(2, { ...alone, seed: 8 })),
    ];
    const { log: _a, ...left } = a.evidence;
    const { log: _b, ...right } = b.evidence;
    expect(firstDifference(left, right)).toMatch(/tensor layer0\.wq is the first that differs/);
    expect(readCheckpoint(a.evidence.checkpoint ?? Buffer.alloc(0)).step).toBe(2);
  });
});
