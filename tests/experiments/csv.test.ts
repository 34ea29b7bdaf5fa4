import { describe, expect, it } from 'vitest';
import { csvText } from '../../ts/experiments/csv.ts';
import { reportOf, runOf } from './samples.ts';

// Rows by the names of the columns; good for fields without commas.
function rowsOf(text: string): Record<string, string>[] {
  const [head = '', ...lines] = text.trimEnd().split('\n');
  const names = head.split(',');
  return lines.map((line) => {
    const fields = line.split(',');
    return Object.fromEntries(names.map((name, index) => [name, fields[index] ?? '']));
  });
}

describe('csvText', () => {
  it('when all is done, then each run has one row with all that is known', () => {
    const rows = rowsOf(csvText(reportOf()));
    expect(rows).toHaveLength(8);
    expect(rows[0]).toMatchObject({
      ...{ tables: 'schemes optimizers', status: 'done', scheme: 'absmean', optimizer: 'muon' },
      ...{ seed: '1', steps: '40', held_out_loss: '1.5000', unigram: '3.0591' },
      ...{ weight_state_bytes: '212', tokens_per_second: '1000', checkpoint_sha256: 'abc' },
      ...{ cpu: 'a processor', invocation: 'first' },
    });
    expect(rows.at(-1)).toMatchObject({ micro_batch: '2', recompute: 'block', held_out_loss: '' });
  });

  it('when a judgement says more than the loss, then that has columns, too', () => {
    const report = reportOf();
    const { key } = runOf(report, 'row-muon-seed1');
    const [result] = [...report.results.values()].filter((each) => each.key === key);
    if (!result?.held_out) throw new Error('the run has no judgement');
    const more = { perplexity: '4.48', bits_per_byte: '2.16', order: '5', ngram: '1.71' };
    report.results.set(key, { ...result, held_out: { ...result.held_out, ...more } });
    const row = rowsOf(csvText(report)).find((each) => each.key === key);
    expect(row).toMatchObject({ held_out_perplexity: '4.48', held_out_bits_per_byte: '2.16' });
    expect(row).toMatchObject({ ngram_order: '5', ngram: '1.71' });
  });

  it('when a run failed, then its row has the reason, quoted where it must be', () => {
    const report = reportOf();
    const run = runOf(report, 'row-muon-seed1');
    report.results.delete(run.key);
    report.failures.set(run.key, 'cannot write "x", disk full');
    expect(csvText(report)).toContain(
      `${run.key},schemes,FAILED,"cannot write ""x"", disk full",row,muon,1,40,,,`,
    );
  });
});
