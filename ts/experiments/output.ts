// What the program prints with --json that a comparison needs: plan numbers and judgement.
import { UserError } from '../support/errors.ts';
import { parseObject } from '../support/json.ts';
import { lastEvent } from '../training/events.ts';

// The memory of a training, in bytes; the state is that of the ternary matrices.
export interface PlanNumbers {
  ternary_weights: number;
  float_parameters: number;
  weight_state_bytes: number;
  activation_bytes: number;
  gradient_bytes: number;
  arena_bytes: number;
}

// How a model does on the held-out part of a text, in nats a token where nothing else is said, and
// how n-grams do that were counted in the rest of it. Older programs say less.
export interface Judgement extends Partial<Record<JudgementDetail, string>> {
  loss: string;
  tokens: number;
  unigram: string;
  bigram: string;
}

const DETAILS = ['perplexity', 'bits_per_byte', 'top1', 'top3', 'top5', 'order', 'ngram'] as const;
type JudgementDetail = (typeof DETAILS)[number];

// The numbers of the plan that a training printed; throws when one is missing.
export function planNumbers(output: string): PlanNumbers {
  const plan = lastEvent(output, 'plan');
  const number = (name: Exclude<keyof PlanNumbers, 'gradient_bytes'>): number => {
    const value = plan?.[name];
    if (value !== undefined) return value;
    throw new UserError(`the program's memory plan has no ${name}`);
  };
  const gradients = plan?.items.filter(({ name }) => name === 'gradients') ?? [];
  return {
    ternary_weights: number('ternary_weights'),
    float_parameters: number('float_parameters'),
    weight_state_bytes: number('weight_state_bytes'),
    activation_bytes: number('activation_bytes'),
    gradient_bytes: gradients.reduce((sum, { bytes }) => sum + bytes, 0),
    arena_bytes: number('arena_bytes'),
  };
}

// The judgement in the output of eval; throws when there is none.
export function parseJudgement(output: string): Judgement {
  for (const line of output.split('\n')) {
    const fields = parseObject(line) ?? {};
    const { event, loss, tokens, unigram, bigram } = fields;
    if (event !== 'eval' || typeof loss !== 'string' || typeof tokens !== 'number') continue;
    const details = DETAILS.flatMap((name) =>
      fields[name] === undefined ? [] : [[name, String(fields[name])] as const],
    );
    const baselines = { unigram: String(unigram ?? ''), bigram: String(bigram ?? '') };
    return { loss, tokens, ...baselines, ...Object.fromEntries(details) };
  }
  throw new UserError('eval printed no loss', { hint: output.trim() });
}
