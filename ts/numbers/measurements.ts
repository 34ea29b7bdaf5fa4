// The measurements that documents take their numbers from, as rows of data.

import bundled from '../../data/stories.json' with { type: 'json' };
import { findTarget } from '../build/targets.ts';
import { lastEvent } from '../program/events.ts';
import { parseJudgement } from '../program/judgement.ts';
import { runners } from '../runs/runners.ts';
import { storyWords } from '../stories/text.ts';
import type { Measurement, Step } from './measurement.ts';
import {
  readBigText,
  readCounts,
  readCycles,
  readEmuTrain,
  readFuzz,
  readKill,
  readMethods,
  readPresets,
  readWeightBytes,
} from './read.ts';

const SAMPLE = 'data/tiny_stories_sample.txt';
// What decides the instructions of a laptop beside the program that runs in it.
const LAPTOP = ['emu', 'ts/guest', 'node_modules/v86/package.json'];

const { size, seed, kind } = bundled.text;

const program = (...words: string[]): Step => ({ by: 'program', build: 'host-sse', words });
const driver = (...words: string[]): Step => ({ by: 'driver', words });
const count = (...words: string[]): Step => driver('count', ...words);
const cycles = (row: string, ...words: string[]): Step =>
  count('--cycles', row, '--form', 'fast,fp32-sse', ...words);

export const measurements: readonly Measurement[] = [
  {
    name: 'plan',
    ...{ label: 'exact', cost: 'instant', builds: ['host-sse'], files: [SAMPLE] },
    steps: [program('plan', '--json')],
    read: ([plan]) => {
      const {
        arena_bytes = 0,
        ternary_weights = 0,
        weight_state_bytes = 0,
      } = lastEvent(plan?.stdout ?? '', 'plan') ?? {};
      return { arena_bytes, bytes_per_weight: Math.round(weight_state_bytes / ternary_weights) };
    },
  },
  {
    name: 'presets',
    ...{ label: 'host', cost: 'instant', builds: ['host-sse'], files: [SAMPLE] },
    steps: [program('presets', '--json')],
    read: ([presets]) => readPresets(presets?.stdout ?? ''),
  },
  {
    name: 'encode',
    ...{ label: 'exact', cost: 'instant', builds: ['host-sse'] },
    given: { 'a.txt': 'aaabdaaabac' },
    steps: [program('encode', '--text', 'OUT/a.txt', '--tokenizer', 'bpe', '--vocab', '259')],
    read: ([tokens]) => ({ tokens: tokens?.stdout.trim() ?? '' }),
  },
  {
    name: 'weight-bytes',
    ...{ label: 'exact', cost: 'minutes', builds: ['host-sse'] },
    steps: [
      program(
        ...['bench', '--json', '--only', 'generate', '--repeat', '1'],
        ...['--layers', '8', '--dim', '512', '--heads', '8'],
      ),
    ],
    read: ([bench]) => readWeightBytes(bench?.stdout ?? ''),
  },
  {
    name: 'runners',
    ...{ label: 'host', cost: 'instant', files: ['ts/runs/runners.ts'], steps: [] },
    read: () => {
      const shown = runners.filter(({ hidden }) => !hidden);
      const laptops = shown.filter(({ machine }) => machine !== undefined).length;
      const foreign = shown.filter(({ target }) => findTarget(target).processor).length;
      const windows = shown.filter(({ target }) => target === 'win32').length;
      return {
        all: shown.length,
        here: shown.length - laptops - foreign - windows,
        laptops,
        foreign,
        windows,
      };
    },
  },
  {
    name: 'bundled-log',
    ...{ label: 'host', cost: 'instant', files: ['data/stories.log'], steps: [] },
    read: (_, fileOf) => {
      const lines = fileOf('data/stories.log').trim().split('\n');
      const last = JSON.parse(lines.findLast((line) => line.includes('held_out')) ?? '{}');
      return { bits_per_byte: Number(last.held_out?.bits_per_byte) };
    },
  },
  {
    name: 'methods',
    ...{ label: 'host', cost: 'instant', files: ['docs/experiments.csv'], steps: [] },
    read: (_, fileOf) => readMethods(fileOf('docs/experiments.csv')),
  },
  {
    name: 'sample-facts',
    ...{ label: 'exact', cost: 'minutes', files: [SAMPLE, 'scripts/stories'] },
    steps: [{ by: 'node', words: ['scripts/stories/facts.mjs'] }],
    read: ([facts]) => ({ lines: facts?.stdout.trimEnd() ?? '' }),
  },
  {
    name: 'bundled-eval',
    ...{ label: 'host', cost: 'minutes', builds: ['host-sse'] },
    files: ['data/stories.json', 'data/stories.llm', 'scripts/stories'],
    steps: [
      { by: 'node', words: [...storyWords(size, seed, kind), '--out', 'OUT/stories.txt'] },
      program(
        ...['eval', '--model', 'data/stories.llm', '--text', 'OUT/stories.txt'],
        ...['--eval-tokens', '20480', '--json'],
      ),
    ],
    read: ([, judged]) => {
      const { bits_per_byte, ngram, tokens, loss } = parseJudgement(judged?.stdout ?? '');
      // N-grams are judged on the same tokens: their bits per byte are in proportion to the loss.
      const ngrams = (Number(bits_per_byte) * Number(ngram)) / Number(loss);
      return { bits_per_byte: Number(bits_per_byte), ngram_bits_per_byte: ngrams, tokens };
    },
  },
  {
    name: 'default-training',
    ...{ label: 'host', cost: 'minutes', builds: ['host-sse'], files: [SAMPLE] },
    steps: [
      program('train', '--json', '--out', 'OUT/default.ckpt'),
      program('eval', '--json', '--model', 'OUT/default.ckpt'),
    ],
    varies: { peak_bytes: 0.2 },
    read: ([train, judged]) => {
      const {
        sections_crc = '',
        peak_bytes = 0,
        loss_last = '',
      } = lastEvent(train?.stdout ?? '', 'end') ?? {};
      const { loss, bits_per_byte, unigram, bigram, ngram } = parseJudgement(judged?.stdout ?? '');
      return {
        ...{ sections_crc, peak_bytes, last_training_loss: Number(loss_last) },
        ...{ held_out_loss: Number(loss), bits_per_byte: Number(bits_per_byte) },
        ...{ unigram: Number(unigram), bigram: Number(bigram), ngram: Number(ngram) },
      };
    },
  },
  {
    name: 'emu-train',
    ...{ label: 'emulated', cost: 'minutes', builds: ['p3'], files: [SAMPLE, ...LAPTOP] },
    steps: [
      driver('emu-train', '--json', '--out', 'OUT/model.ckpt'),
      driver('emu-train', '--no-story', '--json', '--out', 'OUT/alone.ckpt'),
    ],
    varies: { line_host_speed: Number.POSITIVE_INFINITY, line_left: Number.POSITIVE_INFINITY },
    read: ([output, alone]) => ({
      ...readEmuTrain(output),
      instructions_alone: readEmuTrain(alone).instructions_per_token ?? Number.NaN,
    }),
  },
  {
    name: 'count',
    // Long, because valgrind counts i386 programs only where the kernel starts them.
    ...{ label: 'exact', cost: 'long', builds: ['p3'] },
    steps: [
      count('step,forward,backward,update', '--form', 'fast,fp32,fp32-sse'),
      count('step', '--form', 'fast,fp32,fp32-sse', '--', '--dim', '256', '--layers', '1'),
      count(
        ...['product,input-gradient,weight-gradient', '--form', 'fast,fp32,fp32-sse', '--'],
        ...['--dim', '256', '--heads', '8'],
      ),
      count('product,input-gradient,weight-gradient', '--form', 'fast,fp32,fp32-sse'),
      count(
        ...['generate', '--form', 'fast,fp32,fp32-sse', '--'],
        ...['--layers', '8', '--dim', '512', '--heads', '8'],
      ),
    ],
    read: ([base, wide, products, small, generate]) => ({
      ...readCounts('', base),
      ...readCounts('wide_', wide),
      ...readCounts('dim256_', products),
      ...readCounts('dim64_', small),
      ...readCounts('big_', generate),
    }),
  },
  {
    name: 'cycles',
    ...{ label: 'modelled', cost: 'long', builds: ['p3'], files: ['ts/counting'] },
    steps: [
      cycles('step,forward,backward'),
      cycles('step', '--', '--preset', 'base'),
      cycles('step', '--', '--dim', '256', '--layers', '1'),
      cycles('product,input-gradient,weight-gradient', '--', '--dim', '256', '--heads', '8'),
      cycles('generate', '--', '--layers', '8', '--dim', '512', '--heads', '8'),
    ],
    // What misses a cache depends a little on where the stack begins.
    varies: 0.02,
    read: ([step, base, wide, products, generate]) => ({
      ...readCycles('', step),
      ...readCycles('base_', base),
      ...readCycles('wide_', wide),
      ...readCycles('dim256_', products),
      ...readCycles('big_', generate),
    }),
  },
  {
    name: 'max64',
    ...{ label: 'emulated', cost: 'long', builds: ['p3'], files: [SAMPLE, ...LAPTOP] },
    steps: [
      driver('emu-train', '--json', '--preset', 'max64', '--steps', '2', '--no-checkpoint'),
      program('plan', '--json', '--preset', 'max64'),
    ],
    read: ([output, plan]) => {
      const { ternary_weights = 0 } = lastEvent(plan?.stdout ?? '', 'plan') ?? {};
      return { ...readEmuTrain(output), weights: ternary_weights };
    },
  },
  {
    name: 'big-text',
    ...{ label: 'host', cost: 'long', builds: ['host'], files: ['scripts/stories'] },
    steps: [driver('big-text'), driver('big-text', '--tokenizer', 'bpe')],
    varies: { chars_peak: 0.2, bpe_peak: 0.2 },
    read: ([chars, bpe]) => ({ ...readBigText('chars', chars), ...readBigText('bpe', bpe) }),
  },
  {
    name: 'kill',
    ...{ label: 'host', cost: 'long', builds: ['host'] },
    steps: [driver('kill')],
    read: ([output]) => readKill(output),
  },
  {
    name: 'fuzz',
    ...{ label: 'host', cost: 'long', builds: ['host'], files: ['tests/fuzz'] },
    steps: [driver('fuzz')],
    read: ([output]) => readFuzz(output),
  },
];
