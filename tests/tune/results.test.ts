// What is made of outcomes: the leaderboard and its files, what parameters matter, steps of a budget,
// the script for Slurm.
import { expect, test } from 'vitest';
import { needsCycles, stepsWithin } from '../../ts/tune/budget.ts';
import { importanceOf } from '../../ts/tune/importance.ts';
import type { OutcomeLine } from '../../ts/tune/journal.ts';
import {
  csvText,
  jsonText,
  type Leaderboard,
  markdownText,
  pictureFiles,
  placesOf,
  summaryText,
} from '../../ts/tune/leaderboard.ts';
import { measuresOf } from '../../ts/tune/metric.ts';
import { argsOf, benchArgsOf } from '../../ts/tune/options.ts';
import { picturesOf } from '../../ts/tune/pictures.ts';
import { isOurScript, sbatchText } from '../../ts/tune/slurm.ts';
import { parseSweep } from '../../ts/tune/sweep.ts';

const sweep = parseSweep(
  `{name: a, method: grid, parameters: {dim: {values: [8, 16]}, lr: {values: [1, 2, 3, 4]},
    optimizer: {value: muon}}}`,
  'a.yaml',
);

// Worse by the rate, and a little better when wider.
function outcome(trial: number, more: Partial<OutcomeLine> = {}): OutcomeLine {
  const setting = { dim: trial < 4 ? 8 : 16, lr: (trial % 4) + 1, optimizer: 'muon' };
  return {
    ...{ event: 'outcome', trial, rung: 0, setting, steps: 100, step: 100 },
    ...{ value: setting.lr - setting.dim / 100, ram_bytes: 1_500_000, tokens_per_step: 64 },
    ...more,
  };
}

const outcomes = Array.from({ length: 8 }, (_, trial) => outcome(trial));

function board(lines: readonly OutcomeLine[]): Leaderboard {
  const places = placesOf(sweep, { asked: [], outcomes: lines });
  return { sweep, text: 'a story.txt', clock: 500e6, places };
}

test('trials stand best first, those that failed last, with the winner as a command', () => {
  const { value, ...rest } = outcome(4);
  const found = board([...outcomes.slice(0, 3), { ...rest, failed: 'no memory' }]);
  expect(found.places.map(({ rank, outcome: { trial } }) => [rank, trial])).toEqual([
    ...[
      [1, 0],
      [2, 1],
      [3, 2],
      [4, 4],
    ],
  ]);
  const command =
    "./legacy_llm train --text 'a story.txt' --dim 8 --lr 1 --optimizer muon --steps 100";
  expect(summaryText(found)).toContain(`Best held_out_loss: 0.92\n${command}`);
  expect(markdownText(found, [])).toContain(`    ${command}`);
  expect(markdownText(found, [])).toContain('| 4 | 4 | no memory | 100 | 1.5 MB | 16 | 1 | muon |');
  expect(JSON.parse(jsonText(found)).trials[0]).toMatchObject({ rank: 1, trial: 0, command });
  expect(csvText(found).split('\n')[0]).toContain('rank,trial,value,failed');
});

test('hours follow from the cycles of a step', () => {
  const found = board([outcome(0, { cycles_per_step: 18e9 })]);
  expect(markdownText(found, [])).toContain('| 1 | 0 | 0.92 | 100 | 1.5 MB | 1.00 |');
});

test('a parameter matters by the share of the variance that it explains', () => {
  // Of lr - dim/100: variance 1.25 of the rates, 0.0016 of the widths.
  expect(importanceOf(sweep.search.space, outcomes)).toEqual([
    { name: 'lr', share: 0.9987 },
    { name: 'dim', share: 0.0013 },
  ]);
  expect(importanceOf(sweep.search.space, outcomes.slice(0, 7))).toEqual([]);
});

test('pictures are drawn of what is known', () => {
  expect(picturesOf(board(outcomes)).map(({ file }) => file)).toEqual([
    ...['loss_by_bytes.svg', 'parameters.svg'],
  ]);
  const modelled = outcomes.map((line) => ({ ...line, cycles_per_step: 1e6 }));
  const all = picturesOf(board(modelled));
  expect(all.map(({ file }) => file)).toEqual(Object.values(pictureFiles));
  for (const { svg } of all) expect(svg).toContain('</svg>');
  expect(all[2]?.svg).toContain('1.00');
});

test('a budget gives a trial its steps', () => {
  const cost = { steps: 50, tokensPerStep: 64, cyclesPerStep: 9e9 };
  expect(stepsWithin({}, cost, 500e6)).toBe(50);
  expect(stepsWithin({ steps: 7 }, cost, 500e6)).toBe(7);
  expect(stepsWithin({ tokens: 6_463 }, cost, 500e6)).toBe(100);
  expect(stepsWithin({ cycles: 90e9 }, cost, 500e6)).toBe(10);
  expect(stepsWithin({ hours: 8 }, cost, 500e6)).toBe(1600);
  expect(stepsWithin({ cycles: 8e9 }, cost, 500e6)).toBe(0);
  expect([{ hours: 8 }, { cycles: 1 }].every(needsCycles)).toBe(true);
  expect([{}, { steps: 1 }, { tokens: 1, ram: 1 }].some(needsCycles)).toBe(false);
});

test('settings are options of the program', () => {
  const setting = { embedding_lr: 0.01, layers: 2, counts: 'none', steps: 9 };
  expect(argsOf(setting)).toEqual([
    ...['--embedding-lr', '0.01', '--layers', '2', '--counts', 'none', '--steps', '9'],
  ]);
  expect(benchArgsOf(setting, 62)).toEqual(['--layers', '2', '--vocab', '62']);
});

test('measures are what eval and the last step say', () => {
  const judged = { loss: '1.5', tokens: 9, unigram: '3', bigram: '2', top1: '0.5' };
  expect(measuresOf(judged, '1.75')).toEqual({
    ...{ held_out_loss: 1.5, held_out_top1: 0.5, loss: 1.75 },
  });
  expect(measuresOf(judged, '')).toEqual({ held_out_loss: 1.5, held_out_top1: 0.5 });
});

test('the script for Slurm asks for the memory of a trial and of the driver', () => {
  const array = {
    ...{ name: 'my sweep', root: '/home/me/llm', sweep: '/s/a b.yaml', out: '/s/out' },
    ...{ tasks: 4, ram: 64 * 2 ** 20, cycles: false },
  };
  const text = sbatchText(array);
  expect(text).toContain('#SBATCH --job-name=my-sweep\n#SBATCH --array=0-3\n');
  expect(text).toContain('#SBATCH --mem=576M\n');
  expect(text).toContain(
    "cd /home/me/llm\nexec npx legacy-llm tune '/s/a b.yaml' --out /s/out --jobs 1\n",
  );
  expect(sbatchText({ ...array, cycles: true })).toContain(' --jobs 1 --cycles\n');
  expect(isOurScript(text)).toBe(true);
  expect(isOurScript('#!/bin/bash\nrm -r x\n')).toBe(false);
});
