import { describe, expect, it } from 'vitest';
import { parseJudgement } from '../../ts/program/judgement.ts';

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
