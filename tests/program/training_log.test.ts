import { describe, expect, it } from 'vitest';
import { parseTrainingLog } from '../../ts/program/training_log.ts';

const step = (n: number) =>
  `{"step":${n},"tokens":512,"bytes":600,"sum":69753432,"loss":4.1573,"bits_per_byte":5.9978,` +
  '"lr":0.000100,"embedding_lr":0.000600,"gradient_norm":0.812345,"flipped":0.0123,' +
  '"zeros":0.4312,"clipped":0.0156}\n';
const held =
  '{"step":2,"held_out":{"loss":2.1,"perplexity":8.17,"bits_per_byte":3.03,"top1":0.41,' +
  '"top3":0.66,"top5":0.76,"tokens":39936,"bytes":39936}}\n';
const row = (n: number) => ({
  ...{ step: n, tokens: 512, bytes: 600, loss: 4.1573, bits_per_byte: 5.9978, lr: 0.0001 },
  ...{ embedding_lr: 0.0006, gradient_norm: 0.812345, flipped: 0.0123, zeros: 0.4312 },
  clipped: 0.0156,
});
const heldRow = {
  ...{ step: 2, loss: 2.1, perplexity: 8.17, bits_per_byte: 3.03 },
  ...{ top1: 0.41, top3: 0.66, top5: 0.76 },
};

const head =
  'step,tokens,bytes,loss,bits_per_byte,lr,embedding_lr,gradient_norm,flipped,zeros,clipped,' +
  'held_out_loss,held_out_perplexity,held_out_bits_per_byte,held_out_top1,held_out_top3,' +
  'held_out_top5\n';
const cells = '512,600,4.1573,5.9978,0.000100,0.000600,0.812345,0.0123,0.4312,0.0156';
const csv = `${head}1,${cells},,,,,,\n2,${cells},2.1,8.17,3.03,0.41,0.66,0.76\n`;

const whole = { name: 'a.log', steps: [row(1), row(2)], heldOut: [heldRow] };

describe('parseTrainingLog', () => {
  it.each([
    ['JSON lines', step(1) + step(2) + held],
    ['JSON lines whose last has no newline', (step(1) + step(2) + held).trimEnd()],
    ['JSON lines whose last is being written', step(1) + step(2) + held + step(3).slice(0, 40)],
    ['JSON lines of an editor', `\ufeff${(step(1) + step(2) + held).replaceAll('\n', '\r\n')}\r\n`],
    ['CSV', csv],
    ['CSV with a byte order mark', `\ufeff${csv}`],
    ['CSV with carriage returns', csv.replaceAll('\n', '\r\n')],
    ['CSV whose last line is being written', `${csv}3,512,600,4.1`],
  ])('when it is %s, then steps and evaluations are read', (_what, text) => {
    expect(parseTrainingLog(text, 'a.log')).toEqual(whole);
  });

  it('when a log is of an older program, then what it says is read', () => {
    const { steps } = parseTrainingLog('{"step":1,"loss":"4.1","sum":7,"tokens":512}\n', 'a.log');
    expect(steps).toEqual([{ step: 1, loss: 4.1, tokens: 512 }]);
  });

  it.each([
    ['a text', 'Once upon a time\n', 'a.log is not the log of a training: line 1 is neither'],
    ['a damaged line', `${step(1)}{"step":\n${step(2)}`, 'line 2 is not a JSON object'],
    ['something between', `${step(1)}hello\n${step(2)}`, 'line 2 is not a JSON object'],
    ['other JSON', '{"event":"plan"}\n', 'line 1 has no step or no loss'],
    ['words for numbers', `${step(1)}{"step":2,"loss":"low"}\n`, 'line 2 has no number in loss'],
    ['an evaluation of nothing', '{"step":1,"held_out":3}\n', 'line 1 is not a JSON object'],
    ['a short row', `${head}1,2,3\n2,${cells},,,,,,\n`, 'line 2 has 3 cells, not 17'],
    ['a CSV without losses', 'step,lr\n1,0.1\n', 'line 2 has no step or no loss'],
    ['empty', '', 'a.log has no step yet'],
    ['only a head', head, 'a.log has no step yet'],
    ['a first line that is being written', '{"step":1,"lo', 'a.log has no step yet'],
  ])('when it is %s, then it is refused in one line', (_what, text, words) => {
    let refusal: unknown;
    try {
      parseTrainingLog(text, 'a.log');
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toMatchObject({ name: 'UserError', exitCode: 2 });
    expect(String(refusal)).toContain(words);
    expect(String(refusal)).not.toContain('\n');
  });
});
