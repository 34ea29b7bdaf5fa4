import { describe, expect, it } from 'vitest';
import { meanLoss, type Report, speedRatio, statusOf } from '../../ts/experiments/report.ts';
import { reportOf, runOf } from './samples.ts';

const held_out = { loss: '1.7000', tokens: 40, unigram: '3', bigram: '2' };

function row(report: Report, name = 'row') {
  const [table] = report.tables;
  const row = table?.rows.find((each) => each.name === name);
  if (!table || !row) throw new Error(`no row ${name}`);
  return { table, row };
}

describe('meanLoss', () => {
  it('when a method has two seeds, then it is the mean of both', () => {
    const report = reportOf({ seeds: [1, 2] }, { 'row-muon-seed2': { held_out } });
    expect(meanLoss(row(report).row, report)).toBeCloseTo(1.6, 10);
  });

  it('when one of them is missing, then there is none', () => {
    const report = reportOf({ seeds: [1, 2] });
    report.results.delete(runOf(report, 'row-muon-seed2').key);
    expect(meanLoss(row(report).row, report)).toBeUndefined();
  });
});

describe('speedRatio', () => {
  const ratio = (report: Report) => {
    const { table, row: own } = row(report);
    return speedRatio(own, table, report);
  };

  it('when one call measured both, then it is the ratio to the reference row', () => {
    expect(ratio(reportOf({}, { 'row-muon-seed1': { tokens_per_second: 800 } }))).toBe(0.8);
  });

  it.each([
    ['another call measured it', { invocation: 'second' }],
    ['no speed was seen', { tokens_per_second: null }],
  ])('when %s, then there is none', (_what, change) => {
    expect(ratio(reportOf({}, { 'row-muon-seed1': change }))).toBeUndefined();
  });

  it('when one call measured the second seed only, then that counts', () => {
    const report = reportOf(
      { seeds: [1, 2] },
      {
        'row-muon-seed1': { invocation: 'second' },
        'row-muon-seed2': { tokens_per_second: 500 },
      },
    );
    expect(ratio(report)).toBe(0.5);
  });
});

describe('statusOf', () => {
  it('when a run failed, then that counts more than an old result', () => {
    const report = reportOf();
    const run = runOf(report, 'row-muon-seed1');
    expect(statusOf(run, report)).toBe('done');
    report.failures.set(run.key, 'disk full');
    expect(statusOf(run, report)).toBe('FAILED');
    report.failures.clear();
    report.results.clear();
    expect(statusOf(run, report)).toBe('not run');
  });
});
