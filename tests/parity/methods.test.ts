// Every way to train gives one hash over all builds: optimizers, schemes, norms, activations.
import { describe, expect, test } from 'vitest';
import { checkParity } from '../../ts/parity/parity.ts';
import {
  activations,
  norms,
  optimizers,
  qkNorms,
  schemes,
} from '../../ts/program/checkpoint_layout.ts';
import type { TrainSettings } from '../../ts/program/train_options.ts';
import { chooseRunners, type Runner } from '../../ts/runs/runners.ts';
import { nativeRunners, odd, scenario } from './scenarios.ts';

type Method = Pick<TrainSettings, 'optimizer' | 'scheme' | 'norm' | 'qkNorm' | 'act'>;

// Few runs in which every name occurs.
const methods: readonly Method[] = [
  { optimizer: 'muon', scheme: '2bit', norm: 'layer', act: 'relu2' },
  { optimizer: 'muon', scheme: 'constant', norm: 'rms', act: 'relu' },
  { optimizer: 'lion', scheme: 'binary', norm: 'layer', act: 'relu' },
  { optimizer: 'spectral', scheme: 'row', qkNorm: 'none' },
  { optimizer: 'direct', scheme: 'pow2', qkNorm: 'none' },
  { optimizer: 'direct-stateless', scheme: 'pow2', norm: 'layer' },
  { optimizer: 'muon-float', scheme: 'twn' },
  { optimizer: 'adam', scheme: 'absmean', act: 'relu' },
];

async function expectOneHash(method: Method, runners: readonly Runner[]): Promise<void> {
  const result = await checkParity(scenario(10, { ...odd, ...method }), runners);
  expect(result.rows).toHaveLength(runners.length);
  expect(result.rows.flatMap(({ first }) => first ?? [])).toEqual([]);
  expect(result.equal).toBe(true);
}

describe('methods', () => {
  test('none is left out', () => {
    const used = (key: keyof Method) => new Set(methods.map((method) => method[key]));
    expect(used('optimizer')).toEqual(new Set(optimizers));
    expect(used('scheme')).toEqual(new Set(schemes));
    for (const norm of norms) expect(used('norm')).toContain(norm);
    expect(qkNorms.filter((name) => name !== 'rms' && !used('qkNorm').has(name))).toEqual([]);
    for (const act of activations) expect(used('act')).toContain(act);
  });

  test.each(methods.map((method) => [Object.values(method).join(' '), method] as const))(
    '%s gives one hash over all native builds and WebAssembly',
    (_name, method) => expectOneHash(method, nativeRunners),
  );

  test.each<Method>([{ optimizer: 'direct' }, { optimizer: 'adam', scheme: 'row' }])(
    'x87 at full precision agrees on %j: no denormal leaks',
    (method) => expectOneHash(method, chooseRunners(['p2-witness'])),
  );

  test('both laptops agree on a training without latents', async () => {
    await expectOneHash({ optimizer: 'direct' }, chooseRunners(['p2-laptop', 'p3-laptop']));
  });
});
