// What `legacy_llm eval --json` prints: how a model does on the held-out part of a text.
import { UserError } from '../support/errors.ts';
import { parseObject } from '../support/json.ts';

// How a model does on the held-out part of a text, in nats a token where nothing else is said, and
// how its parts and n-grams do. Older programs say less.
export interface Judgement extends Partial<Record<JudgementDetail, string>> {
  loss: string;
  tokens: number;
  unigram: string;
  bigram: string;
}

const DETAILS = [
  'transformer',
  'counts',
  'perplexity',
  'bits_per_byte',
  'top1',
  'top3',
  'top5',
  'order',
  'ngram',
] as const;
type JudgementDetail = (typeof DETAILS)[number];

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
