// experiments.csv: a row for each run, with all that is known of it.
import { type CsvValue, csvOf } from '../support/csv.ts';
import { type Report, statusOf } from './report.ts';
import type { Run } from './runs.ts';
import { distinctRuns } from './tables.ts';

// The whole file.
export function csvText(report: Report): string {
  const runs = distinctRuns(report.tables.flatMap(({ rows }) => rows));
  return csvOf(runs.map((run) => valuesOf(run, report)));
}

function valuesOf(run: Run, report: Report): Record<string, CsvValue> {
  const tables = report.tables.filter(({ rows }) => distinctRuns(rows).some(isSame));
  function isSame({ key }: Run): boolean {
    return key === run.key;
  }
  const { held_out, ...result } = report.results.get(run.key) ?? {};
  return {
    key: run.key,
    tables: tables.map(({ name }) => name).join(' '),
    status: statusOf(run, report),
    error: report.failures.get(run.key),
    scheme: run.scheme,
    optimizer: run.optimizer,
    seed: run.seed,
    steps: run.steps,
    micro_batch: run.memory?.microBatch,
    recompute: run.memory?.recompute,
    held_out_loss: held_out?.loss,
    held_out_tokens: held_out?.tokens,
    held_out_perplexity: held_out?.perplexity,
    held_out_bits_per_byte: held_out?.bits_per_byte,
    held_out_top1: held_out?.top1,
    held_out_top3: held_out?.top3,
    held_out_top5: held_out?.top5,
    unigram: held_out?.unigram,
    bigram: held_out?.bigram,
    ngram_order: held_out?.order,
    ngram: held_out?.ngram,
    held_out_transformer: held_out?.transformer,
    held_out_counts: held_out?.counts,
    ...result,
  };
}
