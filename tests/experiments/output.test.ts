import { describe, expect, it } from 'vitest';
import { parseJudgement, planNumbers } from '../../ts/experiments/output.ts';

const plan = {
  event: 'plan',
  items: [
    { name: 'gradients', bytes: 40 },
    { name: 'gradients', bytes: 8 },
    { name: 'weights', bytes: 2 },
  ],
  ...{ arena_bytes: 50, process_bytes: 1, total_bytes: 51, ram_bytes: 99 },
  ...{ ternary_weights: 10, float_parameters: 3, weight_state_bytes: 20, activation_bytes: 5 },
};

describe('planNumbers', () => {
  it('when a plan is printed, then its gradients are added up', () => {
    expect(planNumbers(`begin\n${JSON.stringify(plan)}\n`)).toEqual({
      ...{ ternary_weights: 10, float_parameters: 3, weight_state_bytes: 20 },
      ...{ activation_bytes: 5, gradient_bytes: 48, arena_bytes: 50 },
    });
  });

  it('when a number is missing, then the error names it', () => {
    const { weight_state_bytes: _, ...rest } = plan;
    expect(() => planNumbers(JSON.stringify(rest))).toThrow('no weight_state_bytes');
  });
});

describe('parseJudgement', () => {
  it('when eval printed its line, then loss and entropies are kept as written', () => {
    const line = '{"event":"eval","loss":"1.6180","tokens":9,"unigram":"3.0","bigram":"2.30"}';
    const judgement = { loss: '1.6180', tokens: 9, unigram: '3.0', bigram: '2.30' };
    expect(parseJudgement(`${line}\n`)).toEqual(judgement);
  });

  it('when eval says more, then all of it is kept as written', () => {
    const judgement = {
      ...{ loss: '1.50', tokens: 9, unigram: '3.06', bigram: '2.34', ngram: '1.71', order: '5' },
      ...{ perplexity: '4.5', bits_per_byte: '2.1', top1: '0.53', top3: '0.7', top5: '0.8' },
    };
    const line = { event: 'eval', ...judgement, order: 5, bytes: 9 };
    expect(parseJudgement(JSON.stringify(line))).toEqual(judgement);
  });

  it('when there is no such line, then it is an error', () => {
    expect(() => parseJudgement('{"event":"eval"}\n')).toThrow('eval printed no loss');
  });
});
