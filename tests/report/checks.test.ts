import { describe, expect, it } from 'vitest';
import { differingBits, differingKernels, problemsOf } from '../../ts/report/checks.ts';
import { reportData, withRunner } from './samples.ts';

const other = { checkpoint: 'ee'.repeat(32) };
const hashes = { ...reportData().runners[0]?.hashes, ...other };

describe('differingBits', () => {
  it('when all are equal, then there is nothing to say', () => {
    expect(differingBits(reportData().runners)).toEqual([]);
    expect(problemsOf(reportData())).toEqual([]);
  });

  it('when one has another hash, then it is named with what differs and where', () => {
    const difference = 'checkpoint: tensor layer0.wq is the first that differs';
    expect(differingBits(withRunner('wasm', { hashes, difference }))).toEqual([
      `wasm made other bits than host: checkpoint; ${difference}`,
    ]);
  });

  it('when a hash is missing, then that differs', () => {
    const { story: _, ...rest } = reportData().runners[0]?.hashes ?? {};
    expect(differingBits(withRunner('p3-laptop', { hashes: rest }))).toEqual([
      'p3-laptop made other bits than host: story',
    ]);
  });

  it('when one did not run, then it is not compared', () => {
    expect(differingBits(withRunner('p2', { hashes: {}, skipped: 'no i386 here' }))).toEqual([]);
  });

  it('when nothing ran, then that is a problem', () => {
    expect(differingBits([])).toEqual(['nothing ran']);
  });
});

describe('differingKernels', () => {
  const changed = (form: string) => {
    const [host, p3] = reportData().kernels;
    if (!host || !p3) throw new Error('no kernels');
    const rows = p3.rows.map((row) => (row.form === form ? { ...row, crc: 'other' } : row));
    return differingKernels([host, { ...p3, rows }]);
  };

  it('when a fast form has other bits, then each row of it is named', () => {
    expect(changed('fast')).toEqual([
      'bench step tiny, fast: p3 made other bits than host',
      'bench ternary_matmul 64x256x1024, fast: p3 made other bits than host',
    ]);
  });

  it('when fp32 has other bits, then that is no problem', () => {
    expect(changed('fp32')).toEqual([]);
  });

  it('when fast and plain differ on one build, then that is a problem, too', () => {
    const [host] = reportData().kernels;
    const rows = host?.rows.map((row) => ({ ...row, crc: row.form })) ?? [];
    expect(differingKernels([{ runner: 'host', threads: 1, rows, arena: 1 }])).toHaveLength(2);
  });
});
