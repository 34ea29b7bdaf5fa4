// What other programs took beside this one, as it was measured by hand on one day: data, and the
// table of it. The programs are no part of this project, so a report cannot measure them anew.
import { ratio } from './numbers.ts';
import { type Block, type Rows, tableOf, text } from './page.ts';

// One comparison: medians of pairs of runs in CPU time, so each pair had the same moment.
interface Comparison {
  other: string;
  version: string;
  what: string;
  /** Of ours, then of the other where it differs. */
  shape: string;
  /** The time of the other program, × the time of this one: median, least and most of the pairs. */
  ratio: readonly [number, number, number];
  pairs: number;
}

const MEASURED_ON = '2026-11-28';
const MACHINE = 'AMD EPYC of 2021 in a virtual machine, busy with other work, one thread, gcc 12';

const comparisons: Rows<Comparison> = [
  {
    other: 'llm.c, train_gpt2.c',
    version: 'f1e2ace (2025-05-10), -Ofast -march=native, without OpenMP',
    what: 'training step',
    shape: '4 layers, dim 128, 4 heads, 12 sequences of 64 tokens, vocabulary 62 (preset base)',
    ratio: [3.57, 3.24, 4.12],
    pairs: 5,
  },
  {
    other: 'llm.c, train_gpt2.c',
    version: 'f1e2ace (2025-05-10), -Ofast -march=native, without OpenMP',
    what: 'training step',
    shape: '6 layers, dim 256, 4 heads, 12 sequences of 64 tokens, vocabulary 62',
    ratio: [2.84, 2.68, 3.48],
    pairs: 3,
  },
  {
    other: 'llama2.c, run.c',
    version: '350e04f (2024-05-29), -Ofast',
    what: 'a written token, mean of tokens 10 to 250',
    shape: '8 layers, dim 512, 8 heads, vocabulary 62; the other: hidden 1,376 with a gate',
    ratio: [5.33, 4.51, 7.69],
    pairs: 7,
  },
  {
    other: 'llama2.c, run.c',
    version: '350e04f (2024-05-29), -Ofast -march=native',
    what: 'a written token, mean of tokens 10 to 250',
    shape: '8 layers, dim 512, 8 heads, vocabulary 62; the other: hidden 1,376 with a gate',
    ratio: [4.36, 3.59, 5.76],
    pairs: 7,
  },
  {
    other: 'llama.cpp, TQ2_0',
    version: 'v0.4.0, as the npm package node-llama-cpp 3.21.1 carries it',
    what: 'a written token, the 129th of 256',
    shape: '8 layers, dim 512, 8 heads, vocabulary 62; the other: hidden 1,536 with a gate',
    ratio: [1.5, 1.1, 1.6],
    pairs: 8,
  },
  {
    other: 'llama.cpp, TQ2_0',
    version: 'v0.4.0, as the npm package node-llama-cpp 3.21.1 carries it',
    what: 'a written token, the 129th of 256',
    shape: '8 layers, dim 512, 8 heads, vocabulary 62; the other: hidden 1,280 with a gate',
    ratio: [1.4, 1.1, 1.7],
    pairs: 8,
  },
];

// The dated table.
export function othersBlocks(): Block[] {
  const how =
    `Other programs beside this one with its AVX2 kernels, measured by hand on ${MEASURED_ON} ` +
    `(${MACHINE}); not measured again for this report. The number is the time of the other ` +
    'program, × the time of this one: more than 1, and this one is faster. CPU time, medians ' +
    '(least..most) of pairs of runs. Weights are drawn at random. llama2.c and llm.c compute in ' +
    'float32; a float32 model of this project stands in the table above.';
  return [
    text(how),
    tableOf<Comparison>(
      [
        { head: 'other program', cell: ({ other }) => other },
        { head: 'version', cell: ({ version }) => version },
        { head: 'what', cell: ({ what }) => what },
        { head: 'shape', cell: ({ shape }) => shape },
        { head: 'time, × this program', origin: 'host', cell: spread },
        { head: 'pairs', origin: 'host', cell: ({ pairs }) => String(pairs) },
      ],
      comparisons,
    ),
  ];
}

function spread({ ratio: [median, least, most] }: Comparison): string {
  return `${ratio(median)} (${ratio(least)}..${ratio(most)})`;
}
