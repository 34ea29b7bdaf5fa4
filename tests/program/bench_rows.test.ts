import { describe, expect, it } from 'vitest';
import { benchForms, benchNames, parseBench } from '../../ts/program/bench_rows.ts';
import { BENCH_LINES } from '../report/samples.ts';
import { runProgram } from './program.ts';

describe('parseBench', () => {
  const { rows, arena } = parseBench(BENCH_LINES);

  it('when lines are recorded, then each is a row, and the last is the arena', () => {
    expect(rows.map(({ name, form }) => `${name} ${form}`)).toEqual([
      'step plain',
      'step fast',
      'ternary_matmul plain',
      'ternary_matmul fast',
      'ternary_matmul fp32',
    ]);
    expect(arena).toBe(123456);
  });

  it('when times are strings, then they are numbers in the row', () => {
    expect(rows[1]).toEqual({
      ...{ group: 'phase', name: 'step', form: 'fast', shape: 'tiny', unit: 'token', units: 128 },
      ...{ repeats: 5, medianUs: 200.25, leastUs: 200.25, mostUs: 999 },
      ...{ macs: 1000, bytes: 6400, crc: '1f1084c0' },
    });
  });

  it.each([
    ['a field is missing', BENCH_LINES.replaceAll('"units":128,', '')],
    ['a time is none', BENCH_LINES.replaceAll(/"median_us":"[^"]*"/g, '"median_us":""')],
    ['the group is unknown', BENCH_LINES.replaceAll(/"group":"\w+"/g, '"group":"x"')],
    ['nothing was printed', ''],
  ])('when %s, then there is no row', (_what, output) => {
    expect(parseBench(output).rows).toEqual([]);
  });

  it('when it was cut off, then there is no arena', () => {
    expect(parseBench(BENCH_LINES.split('\n').slice(0, 3).join('\n')).arena).toBeNull();
  });
});

it('the names and forms that bench takes are those that the program lists', async () => {
  const { stderr } = await runProgram(['bench', '--only', 'nothing']);
  expect(stderr).toContain(`give some of ${benchNames.join(', ')}\n`);
  const forms = await runProgram(['bench', '--form', 'nothing']);
  expect(forms.stderr).toContain(`give some of ${benchForms.join(', ')}\n`);
});
