// What commands print, as they print it, and the numbers that are read of it.
import { describe, expect, it, test } from 'vitest';
import {
  readBigText,
  readCounts,
  readCycles,
  readEmuTrain,
  readFuzz,
  readKill,
  readMethods,
  readPresets,
  readWeightBytes,
} from '../../ts/numbers/read.ts';
import { csvOf } from '../../ts/support/csv.ts';

const output = (stdout: string, stderr = '') => ({ stdout, stderr });

test('readPresets: those that were measured, each number by its name', () => {
  const line = (name: string, loss: number | null, hours: number | null = loss && 7.5) =>
    JSON.stringify({
      ...{ name, parameters: 3, laptop_hours: hours, minutes: loss && 9 },
      ...{ held_out_transformer: loss && loss + 0.25, held_out_loss: loss },
    });
  const lines = [line('tiny', null), line('book', 1.25, null), line('night32', 1.5)];
  expect(readPresets(`${lines.join('\n')}\n`)).toEqual({
    ...{ 'book.minutes': 9, 'book.alone': 1.5, 'book.both': 1.25 },
    ...{ 'night32.hours': 7.5, 'night32.minutes': 9 },
    ...{ 'night32.alone': 1.75, 'night32.both': 1.5 },
  });
});

test('readMethods: the losses of pow2 by seed, and the least mean of a scheme', () => {
  const row = (scheme: string, seed: number, alone: string, counts: string) => {
    const losses = { held_out_transformer: alone, held_out_loss: counts };
    return {
      tables: scheme === 'pow2' ? 'schemes optimizers' : 'schemes',
      scheme,
      seed,
      ...losses,
    };
  };
  const rows = [
    ...[row('pow2', 1, '1.58', '1.45'), row('pow2', 2, '1.60', '1.46')],
    ...[row('twn', 1, '1.50', '1.44'), row('twn', 2, '1.62', '1.47')],
    { ...row('lion', 1, '1.1', '1.1'), tables: 'optimizers' },
  ];
  expect(readMethods(csvOf(rows))).toEqual({
    ...{ pow2: 1.58, pow2_seed2: 1.6, counts: 1.45, counts_seed2: 1.46, best: 1.56 },
  });
});

describe('readEmuTrain', () => {
  const emulated = {
    ...{ peak_bytes: 2_609_152, plan_bytes: 2_607_104, memory_available_bytes: 60_000_000 },
    ...{ cap_bytes: 1, instructions: 2, instructions_per_token: 490_965 },
  };
  const summary = { loss_first: '4.1388', loss_last: '2.0424', emulated, files: [] as unknown[] };
  const numbers = { peak_bytes: 2_609_152, plan_bytes: 2_607_104, instructions_per_token: 490_965 };

  it('when a checkpoint was kept, then its hash and a line of the progress are there', () => {
    const line = (step: number) =>
      `step ${step}/200  loss 2.0870  tokens/s 1045 emulated, 116 host  left 1 min 05 s (host)\n`;
    const files = [{ name: 'checkpoint', laptop: 'ab', host: 'ab', equal: true }];
    const stdout = `a word\n${JSON.stringify({ ...summary, files })}\n`;
    expect(readEmuTrain(output(stdout, `booting\n${line(161)}${line(181)}${line(200)}`))).toEqual({
      ...{ loss_first: 4.1388, loss_last: 2.0424, memory_available_bytes: 60_000_000, ...numbers },
      ...{ checkpoint: 'ab', line_step: 181, line_steps: 200, line_loss: 2.087 },
      ...{ line_emulated_speed: 1045, line_host_speed: 116, line_left: '1 min 05 s' },
    });
  });

  it('when none was kept, then there is no hash', () => {
    const values = readEmuTrain(output(JSON.stringify(summary)));
    expect(values).toMatchObject(numbers);
    expect(values).not.toHaveProperty('checkpoint');
  });
});

describe('readCounts', () => {
  it('when forms are missing, then the others are there, with their sum and ratio', () => {
    const table = [
      '| row | fast | fp32 | fp32-sse | fp32 / fast | fp32 / fp32-sse |',
      '| --- | --- | --- | --- | --- | --- |',
      '| product | 1,000 | 3,000 | 2,000 | 3.00 | 1.50 |',
      '| update | 500 | 1,500 | - | 3.00 | - |',
    ];
    expect(readCounts('x_', output(table.join('\n')))).toEqual({
      ...{ 'x_product.fast': 1000, 'x_product.fp32': 3000, 'x_product.fp32-sse': 2000 },
      ...{ 'x_update.fast': 500, 'x_update.fp32': 1500 },
      ...{ 'x_sum.fast': 1500, 'x_sum.fp32': 4500, 'x_sum.fp32-sse': 2000 },
      ...{ 'x_product.times': 3, 'x_update.times': 3, 'x_sum.times': 3 },
    });
  });
});

describe('modelled cycles', () => {
  const table = [
    'One repeat in modelled cycles: a machine',
    '',
    '| row | form | instructions | core cycles | with misses | what binds |',
    '| --- | --- | --- | --- | --- | --- |',
    '| product | fast | 9,000 | 1,000 | 2,000 | load 50 % |',
    '| product | fp32-sse | 9,000 | 1,500 | 5,000 | load 50 % |',
    '| weight-gradient | fast | 9 | 3,000 | 3,000 | alu 100 % |',
    '',
    '| product, fast | instructions | core cycles | with misses | what binds |',
    '| a_function | 9,000 | 1,000 | 2,000 | load 50 % |',
  ].join('\n');

  it('when rows were modelled, then each form has them, and products are added up', () => {
    expect(readCycles('x_', output(table))).toEqual({
      ...{ 'x_product.fast.core': 1000, 'x_product.fast.misses': 2000 },
      ...{ 'x_product.fp32-sse.core': 1500, 'x_product.fp32-sse.misses': 5000 },
      ...{ 'x_weight-gradient.fast.core': 3000, 'x_weight-gradient.fast.misses': 3000 },
      ...{ 'x_sum.fast.core': 4000, 'x_sum.fast.misses': 5000 },
      ...{ 'x_sum.fp32-sse.core': 1500, 'x_sum.fp32-sse.misses': 5000 },
      ...{ 'x_product.core_times': 1.5, 'x_product.misses_times': 2.5 },
      ...{ 'x_sum.core_times': 0.375, 'x_sum.misses_times': 1 },
    });
  });
});

describe('the long runs', () => {
  it('when a big text was trained on, then the larger of both trainings counts', () => {
    const text =
      'text        200,000,000 bytes\nto step 10, 3 s\n  planned     2,300,000 bytes, 5 in the arena\n' +
      '  peak        4,300,000 bytes\nto step 20, 3 s\n  planned     2,200,000 bytes, 5 in the arena\n' +
      '  peak        4,400,000 bytes\n';
    const expected = { chars_peak: 4_400_000, chars_plan: 2_300_000 };
    expect(readBigText('chars', output(text))).toEqual(expected);
  });

  it('when trainings were killed, then it says how often', () => {
    const text = '200 kills, 31 of them before the first checkpoint; every checkpoint loads;\n';
    expect(readKill(output(text))).toEqual({ kills: 200 });
    expect(readKill(output('1000 times ended: 250 by SIGKILL'))).toEqual({ kills: 1000 });
  });

  it('when fuzzers ran, then their inputs are added up', () => {
    const lines =
      'options: 25 %\noptions: 2500000 runs in 12 s, nothing found\n' +
      'text: 400000 runs in 1 min 05 s, nothing found\n';
    const expected = { options: 2_500_000, text: 400_000, all: 2_900_000 };
    expect(readFuzz(output('', lines))).toEqual(expected);
  });

  it('when weights are counted, then packed ones stand beside floats', () => {
    const row = (form: string, bytes: number) => JSON.stringify({ event: 'bench', form, bytes });
    const stdout = [row('plain', 1), row('fast', 500), row('fp32', 10_000)].join('\n');
    expect(readWeightBytes(stdout)).toEqual({ packed: 500, float32: 10_000, times: 20 });
  });
});
