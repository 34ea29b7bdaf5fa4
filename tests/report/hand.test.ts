// The section on the machine at hand: forms of this program beside each other, and other programs.
import { describe, expect, it } from 'vitest';
import { parseBench } from '../../ts/program/bench_rows.ts';
import type { Table } from '../../ts/report/page.ts';
import { handSection } from '../../ts/report/sections_hand.ts';
import { BENCH_LINES, reportData } from './samples.ts';

// The sample's training step in a form, in this time.
function stepLine(form: string, median: string): string {
  const line = BENCH_LINES.split('\n').find((each) => each.includes('"form":"fast"')) ?? '';
  return line
    .replace('"form":"fast"', `"form":"${form}"`)
    .replace(/"median_us":"[^"]*"/, `"median_us":"${median}"`);
}

const avx2 = parseBench(
  [BENCH_LINES, stepLine('fast-128', '400.25'), stepLine('threads', '100.125')].join('\n'),
);

const tablesOf = (kernels = reportData().kernels) =>
  handSection(reportData({ kernels })).blocks.filter(
    (each): each is Table => each.kind === 'table',
  );

describe('the machine at hand', () => {
  it('when a build has AVX2 and threads, then its forms stand beside plain C', () => {
    const [phases] = tablesOf([
      ...reportData().kernels,
      { runner: 'host-avx2', threads: 2, ...avx2 },
    ]);
    expect(phases?.columns.map(({ head }) => head)).toEqual([
      ...['phase', 'shape', 'plain', 'fast-128', 'fast', '2 threads'],
    ]);
    expect(phases?.rows).toEqual([
      ['step', 'tiny', '801 µs', '2.00 (400 µs)', '4.00 (200 µs)', '8.00 (100 µs)'],
    ]);
  });

  it('when nothing was timed, then the dated table of other programs stands alone', () => {
    const [others, ...more] = tablesOf([]);
    expect(more).toEqual([]);
    expect(others?.rows.map(([name]) => name)).toEqual(
      expect.arrayContaining(['llm.c, train_gpt2.c', 'llama2.c, run.c', 'llama.cpp, TQ2_0']),
    );
    for (const row of others?.rows ?? [])
      expect(row[4]).toMatch(/^\d\.\d\d \(\d\.\d\d\.\.\d\.\d\d\)$/);
  });
});
