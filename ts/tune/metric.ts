// What trials are compared by: a number that `legacy_llm eval` or the end of a training says.
import type { Judgement } from '../program/judgement.ts';

// What is made small or large.
export interface Metric {
  name: MetricName;
  goal: 'minimize' | 'maximize';
}

// Of the held-out part of the text, but for the last one: the loss of the last step.
export const metricNames = [
  ...(['held_out_loss', 'held_out_transformer', 'held_out_counts', 'held_out_perplexity'] as const),
  ...(['held_out_bits_per_byte', 'held_out_top1', 'held_out_top3', 'held_out_top5'] as const),
  'loss',
] as const;
// One of them.
export type MetricName = (typeof metricNames)[number];

// What is known of a trial, by the names of metrics.
export type Measures = Partial<Record<MetricName, number>>;

const HELD_OUT = 'held_out_';

// Whether a training has such a number.
export function isMetric(name: unknown): name is MetricName {
  return metricNames.some((known) => known === name);
}

// All that an evaluation and the last step say.
export function measuresOf(judgement: Judgement, lastLoss: string): Measures {
  const told: Readonly<Record<string, unknown>> = { ...judgement };
  const pairs = metricNames.flatMap((name) => {
    const text = name.startsWith(HELD_OUT) ? told[name.slice(HELD_OUT.length)] : lastLoss;
    const value = typeof text === 'string' && text !== '' ? Number(text) : Number.NaN;
    return Number.isFinite(value) ? [[name, value] as const] : [];
  });
  return Object.fromEntries(pairs);
}
