import { describe, expect, it } from 'vitest';
import { markdownText } from '../../ts/experiments/markdown.ts';
import type { Report } from '../../ts/experiments/report.ts';
import { reportOf, runOf } from './samples.ts';

const judged = (loss: string) => ({
  held_out: {
    loss: `${loss}-both`,
    transformer: loss,
    tokens: 39_936,
    unigram: '3.0591',
    bigram: '2.3221',
  },
});

function lines(report: Report): string[] {
  return markdownText(report, []).split('\n');
}

describe('what stands above the tables', () => {
  const pictures = [{ file: 'curves.svg', title: 'Loss by step' }];
  const text = markdownText(reportOf({}, { 'absmean-muon-seed1': judged('1.6180') }), pictures);

  it.each([
    '    npx legacy-llm experiments --text /texts/stories.txt --tables schemes,',
    '- text: stories.txt, 400,000 bytes, SHA-256 text',
    '- held out: 39,936 characters; entropy of single characters 3.0591, of pairs 2.3221',
    '- shape: layers 4, heads 2, dim 8, context 4, batch 2, steps 40, embedding-lr the default of the program',
    '- tokens trained: 320 per run',
    '- program: host-native, SHA-256 program; gcc 12',
    '- CPU: a processor (host); 2 runs at a time',
    '\n\n![Loss by step](curves.svg)\n\n',
  ])('it says %j', (words) => {
    expect(text).toContain(words);
  });
});

describe('the tables of methods', () => {
  const report = reportOf(
    { seeds: [1, 2] },
    {
      'row-muon-seed1': { ...judged('1.7510'), tokens_per_second: 840 },
      'row-muon-seed2': judged('1.7520'),
    },
  );

  it('when all is done, then a row has bytes, bits, a loss a seed, speed and source', () => {
    expect(lines(report)).toContain(
      '| row | \\|w\\| > 1 | 2.12 | 1.6 | 56,789 | 1.7510 | 1.7520 | 1.7510-both | 1.7520-both | 0.84 | somebody, 2024 |',
    );
  });

  it('when a column is a measurement, then its head says that it is of the host', () => {
    expect(lines(report)).toContain(
      '| name | formula | bytes per weight in training (host) | packed bits per weight | ' +
        'RAM of the training, bytes (host) | ' +
        'held-out loss, seed 1 (host) | held-out loss, seed 2 (host) | ' +
        'with counts, seed 1 (host) | with counts, seed 2 (host) | ' +
        'tokens/s, ratio (host) | source |',
    );
  });

  it('when a run failed or was not run, then the cell says so', () => {
    const partial = reportOf();
    const [failed, open] = [runOf(partial, 'row-muon-seed1'), runOf(partial, 'absmean-lion-seed1')];
    for (const { key } of [failed, open]) partial.results.delete(key);
    partial.failures.set(failed.key, 'disk full');
    expect(lines(partial)).toContain(
      '| row | \\|w\\| > 1 |  | 1.6 |  | FAILED | FAILED |  | somebody, 2024 |',
    );
    expect(lines(partial)).toContain(
      '| lion | \\|w\\| > 1 |  | 1.6 |  | not run | not run |  | somebody, 2024 |',
    );
  });

  it('when cycles were modelled, then they stand before the speed, in millions', () => {
    const cycles = new Map([['row-muon', { core: 12_345_678, with_misses: 23e6 }]]);
    expect(lines({ ...report, cycles })).toContain(
      '| row | \\|w\\| > 1 | 2.12 | 1.6 | 56,789 | 1.7510 | 1.7520 | 1.7510-both | 1.7520-both | ' +
        '12.3 | 23.0 | 0.84 | somebody, 2024 |',
    );
  });

  it('when nothing was run at all, then there is a text all the same', () => {
    const empty = reportOf();
    empty.results.clear();
    expect(markdownText(empty, [])).toContain('not run');
  });
});

describe('the table of memory', () => {
  it('when a mode gives other bits, then that stands out', () => {
    const report = reportOf(
      { tables: ['memory'] },
      {
        'memory-1-block-seed1': { tokens_per_second: 1250, activation_bytes: 99 },
        'memory-2-none-seed1': { checkpoint_sha256: 'other' },
      },
    );
    const rows = lines(report);
    expect(rows).toContain('| 1 | none | 1,234 | 48 | 56,789 | 1.00 | yes |');
    expect(rows).toContain('| 1 | block | 99 | 48 | 56,789 | 1.25 | yes |');
    expect(rows).toContain('| 2 | none | 1,234 | 48 | 56,789 | 1.00 | NO |');
    expect(rows).not.toContain('## Schemes: which values weights take');
  });

  it('when a mode failed, then it is marked', () => {
    const report = reportOf({ tables: ['memory'] });
    const run = runOf(report, 'memory-2-block-seed1');
    report.results.delete(run.key);
    report.failures.set(run.key, 'disk full');
    expect(lines(report)).toContain('| 2 | block |  |  |  |  | FAILED |');
  });
});
