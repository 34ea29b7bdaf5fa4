// The journal: what it holds survives a kill in the middle of a line, and belongs to one sweep.
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { checkTrials, openJournal, outcomesOf } from '../../ts/tune/journal.ts';
import type { Trial } from '../../ts/tune/search.ts';
import { useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();

const head = { event: 'sweep', sweep: 'a', text: 'b', program: 'c' } as const;

function outcome(trial: number, value: number, rung = 0) {
  const common = { event: 'outcome', setting: { dim: 8 }, steps: 10, step: 10 } as const;
  return { ...common, trial, rung, value };
}

test('what was added is read again, each job once', async () => {
  const journal = openJournal(folder());
  await journal.begin(head);
  await journal.begin(head);
  await journal.add({ event: 'asked', trial: 1, rung: 0 });
  await journal.add(outcome(0, 1.5));
  await journal.add(outcome(0, 9));
  await journal.add({ ...outcome(1, 0), value: undefined, failed: 'no memory' } as never);
  const known = await journal.read();
  expect(known.head).toEqual(head);
  expect(known.asked).toEqual([{ event: 'asked', trial: 1, rung: 0 }]);
  expect(outcomesOf(known)).toEqual([
    { trial: 0, rung: 0, value: 1.5 },
    { trial: 1, rung: 0, value: undefined },
  ]);
});

test('what a kill left of a line is passed over, then cut off', async () => {
  const journal = openJournal(folder());
  await journal.begin(head);
  await journal.add(outcome(0, 1.5));
  const whole = readFileSync(journal.file, 'utf8');
  appendFileSync(journal.file, '{"event":"outcome","tri');
  expect(outcomesOf(await journal.read())).toHaveLength(1);
  await journal.add(outcome(1, 1.25));
  expect(readFileSync(journal.file, 'utf8')).toBe(`${whole}${JSON.stringify(outcome(1, 1.25))}\n`);
});

test.each(['sweep', 'text', 'program'] as const)('another %s has no place in it', async (key) => {
  const journal = openJournal(folder());
  await journal.begin(head);
  await expect(journal.begin({ ...head, [key]: 'other' })).rejects.toMatchObject({
    message: `${journal.file} was made with another ${key}`,
    hint: 'Give --out another folder, or --force to forget what is in this one.',
  });
});

test('a trial that the search would not have made is told', () => {
  const known = { asked: [], outcomes: [outcome(0, 1), outcome(1, 2)] };
  const trials = [0, 1].map((trial) => ({ trial, setting: { dim: 8 } }));
  checkTrials(known, trials, 'journal.jsonl');
  const other = [trials[0] as Trial, { trial: 1, setting: { dim: 16 } }];
  for (const wrong of [other, trials.slice(0, 1)]) {
    expect(() => checkTrials(known, wrong, 'journal.jsonl')).toThrow(
      'journal.jsonl: trial 1 is not of this search',
    );
  }
});

test.each([
  ['not JSON at all\n', 1],
  [`${JSON.stringify(outcome(0, 1))}\n`, 1],
  [`${JSON.stringify(head)}\n{"event":"outcome","trial":0}\n`, 2],
  [`${JSON.stringify(head)}\n${JSON.stringify(head)}\n`, 2],
  [`${JSON.stringify(head)}\n{"event":"asked","trial":-1,"rung":0}\n`, 2],
])('damage is named by its line: %#', async (text, line) => {
  const journal = openJournal(folder());
  writeFileSync(journal.file, text);
  await expect(journal.read()).rejects.toThrow(`is not the journal of a sweep: line ${line}`);
});
