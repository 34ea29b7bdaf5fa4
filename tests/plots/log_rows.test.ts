import { expect, test } from 'vitest';
import { csvOfLogs, isOurTable, rowsByStep } from '../../ts/plots/log_rows.ts';
import { parseTrainingLog } from '../../ts/program/training_log.ts';
import { parseCsv } from '../../ts/support/csv.ts';

const held = '{"step":2,"held_out":{"loss":2.5,"perplexity":12.18,"top1":0.41}}\n';
const steps = '{"step":1,"loss":4.1,"lr":0.001}\n{"step":2,"loss":3.9,"lr":0.002}\n';

test('an evaluation stands in the row of its step, wherever it stands in the log', () => {
  const rows = rowsByStep(parseTrainingLog(held + steps, 'a.log'));
  expect(rows.map(({ step, heldOut }) => [step, heldOut?.loss])).toEqual([
    [1, undefined],
    [2, 2.5],
  ]);
});

test('several logs are one table with the columns of all, each row with its log', () => {
  const old = parseTrainingLog('{"step":1,"loss":5}\n', 'old, small.log');
  const text = csvOfLogs([old, parseTrainingLog(steps + held, 'a.log')]);
  expect(text.split('\n', 1)[0]).toBe(
    'run,step,loss,lr,held_out_loss,held_out_perplexity,held_out_top1',
  );
  const rows = parseCsv(text);
  expect(rows.map(({ run, step, loss, lr }) => [run, step, loss, lr])).toEqual([
    ['old, small.log', '1', '5', ''],
    ['a.log', '1', '4.1', '0.001'],
    ['a.log', '2', '3.9', '0.002'],
  ]);
  expect(rows.map((row) => row.held_out_loss)).toEqual(['', '', '2.5']);
});

test('a table of ours is known, and the CSV of a training is none', () => {
  expect(isOurTable(csvOfLogs([parseTrainingLog(steps, 'a.log')]))).toBe(true);
  expect(isOurTable('step,tokens,bytes,sum,loss\n')).toBe(false);
});
