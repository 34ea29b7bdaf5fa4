// Where measured numbers stand in the documents, as rows of data: the words around them, with holes.
// `npm run numbers` fills the holes.
import type { Claim, Place } from './document.ts';

// A row of what a laptop learns, with 32 MB as with 64.
function presetRow(time: string, name: string): string {
  return (
    `| ${time} | \`${name}32\`, \`${name}64\` | **{presets.${name}32.alone:four}** ` +
    `| **{presets.${name}32.both:four}** | {presets.${name}32.hours:one} hours, ` +
    `here {presets.${name}32.minutes:one} minutes |`
  );
}

const README: readonly string[] = [
  // The sample of `npm run emu:train`.
  'step {emu-train.line_step:whole}/{emu-train.line_steps:whole} loss {emu-train.line_loss:four} ' +
    'tokens/s {emu-train.line_emulated_speed:plain} emulated, {emu-train.line_host_speed:plain} host ' +
    'left {emu-train.line_left:words} (host)',
  'loss {emu-train.loss_first:four} -> {emu-train.loss_last:four}',
  'memory peak {emu-train.peak_bytes:kB}, plan {emu-train.plan_bytes:kB} (emulated)',
  'work {emu-train.instructions_per_token:whole} instructions per token (emulated)',
  'checkpoint {emu-train.checkpoint:hash}..., equal in laptop and host',
  // The presets of an hour and of a night.
  presetRow('an hour', 'hour'),
  presetRow('eight hours', 'night'),
  // The table.
  '**{default-training.held_out_loss:three}** nats per character, ' +
    '{default-training.bits_per_byte:three} bits per byte; for comparison ' +
    'unigrams {default-training.unigram:three}, bigrams {default-training.bigram:three}, ' +
    '5-grams {default-training.ngram:three}',
  '**{methods.pow2:three}** nats per character alone and **{methods.counts:three}** with counts ' +
    '(seed 2: {methods.pow2_seed2:three} and {methods.counts_seed2:three}; ' +
    'best scheme alone: {methods.best:three})',
  '{bundled-log.bits_per_byte:three} bits per byte on stories that it did not learn from; ' +
    '5-grams of the same tokens, counted in all that it learned from, have {bundled-eval.ngram_bits_per_byte:three}',
  'state of one ternary weight in training | {plan.bytes_per_weight:whole} bytes',
  '{plan.arena_bytes:M} MB in one block, exactly as `plan` says; ' +
    '{default-training.peak_bytes:M} MB resident',
  "laptop's training | peak {emu-train.peak_bytes:kB}, planned {emu-train.plan_bytes:kB} |",
  '{max64.weights:M} M weights (preset `max64`): peak {max64.peak_bytes:kB}, ' +
    'planned {max64.plan_bytes:kB}, of {max64.memory_available_bytes:kB} free',
  '64 MB | peak {big-text.chars_peak:M} MB |',
  '{runners.all:whole} runs: seven builds here, two in laptops, and four of other processors',
  'Pentium III build | {emu-train.instructions_per_token:whole} |',
  'against this model | {count.step.times:two} times as many',
  'float32 in SSE beside this model | {cycles.step.core_times:two} times as many; ' +
    'with misses {cycles.step.misses_times:two}',
  'at {kill.kills:whole} random moments',
  '{fuzz.all:M} million, no error found',
];

// A row of modelled cycles, of this model beside float32 in SSE: of the core, then with misses.
function cyclesOf(what: string, row: string, format = 'M'): string {
  const part = (kind: string) =>
    `| **{cycles.${row}.fast.${kind}:${format}}** | {cycles.${row}.fp32-sse.${kind}:${format}} ` +
    `| {cycles.${row}.${kind}_times:two} `;
  return `| ${what}, modelled ${part('core')}${part('misses')}|`;
}

const SPEED: readonly string[] = [
  cyclesOf('training step, default preset', 'step'),
  cyclesOf('its forward pass, one sequence', 'forward', 'M2'),
  cyclesOf('its backward pass, one sequence', 'backward'),
  cyclesOf('training step, preset base', 'base_step', 'M0'),
  cyclesOf('training step, dim 256, 1 layer', 'wide_step', 'M0'),
  cyclesOf('the three large products, dim 256', 'dim256_sum'),
  cyclesOf('one generated token, 8 x 512, 8 heads', 'big_generate'),
  '| training step, default preset (2 x 64, context 64, batch 8) ' +
    '| **{count.step.fast:M}** | {count.step.fp32:M} | {count.step.fp32-sse:M} | {count.step.times:two} |',
  '| its forward pass, one sequence ' +
    '| {count.forward.fast:M} | {count.forward.fp32:M} | {count.forward.fp32-sse:M} | {count.forward.times:two} |',
  '| its backward pass, one sequence ' +
    '| {count.backward.fast:M} | {count.backward.fp32:M} | {count.backward.fp32-sse:M} | {count.backward.times:two} |',
  '| training step, dim 256, 1 layer, context 64, batch 8 ' +
    '| **{count.wide_step.fast:M0}** | {count.wide_step.fp32:M0} | {count.wide_step.fp32-sse:M0} | {count.wide_step.times:two} |',
  '| the large products of a layer at dim 256: forward ' +
    '| **{count.dim256_product.fast:M2}** | {count.dim256_product.fp32:M} | {count.dim256_product.fp32-sse:M} | {count.dim256_product.times:one} |',
  '| gradient of the input ' +
    '| **{count.dim256_input-gradient.fast:M2}** | {count.dim256_input-gradient.fp32:M} | {count.dim256_input-gradient.fp32-sse:M} | {count.dim256_input-gradient.times:one} |',
  '| gradient of the weights ' +
    '| **{count.dim256_weight-gradient.fast:M}** | {count.dim256_weight-gradient.fp32:M} | {count.dim256_weight-gradient.fp32-sse:M} | {count.dim256_weight-gradient.times:two} |',
  '| the three together ' +
    '| **{count.dim256_sum.fast:M}** | {count.dim256_sum.fp32:M} | {count.dim256_sum.fp32-sse:M} | {count.dim256_sum.times:one} |',
  '| the three together, default preset ' +
    '| **{count.dim64_sum.fast:M2}** | {count.dim64_sum.fp32:M} | {count.dim64_sum.fp32-sse:M2} | {count.dim64_sum.times:one} |',
  '| one generated token, 8 x 512, 8 heads ' +
    '| **{count.big_generate.fast:M}** | {count.big_generate.fp32:M} | {count.big_generate.fp32-sse:M} | {count.big_generate.times:two} |',
  '| its optimizer step (Muon; float32: AdamW) ' +
    '| {count.update.fast:M} | {count.update.fp32:M} | | {count.update.times:two} |',
  'reads {weight-bytes.packed:M} MB of packed weights, a twentieth of the ' +
    '{weight-bytes.float32:M} MB',
];

const TEXT: readonly string[] = [
  'prints {encode.tokens:list}',
  '| chars, preset small | {big-text.chars_peak:M} MB | {big-text.chars_plan:M} MB |',
  '| bpe, 512 tokens | {big-text.bpe_peak:M} MB | {big-text.bpe_plan:M} MB |',
];

const FUZZERS: readonly string[] = [
  'of {fuzz.all:M} million inputs (tokenizer {fuzz.tokenizer:M}, options {fuzz.options:M}, ' +
    'checkpoint {fuzz.checkpoint:M}, text {fuzz.text:M}), found no error',
];

const DATA: readonly string[] = ['measures another text): {sample-facts.lines:lines}'];

const inDocument = (document: string, words: readonly string[]): Place[] =>
  words.map((each) => ({ document, words: each }));

export const places: readonly Place[] = [
  ...inDocument('README.md', README),
  ...inDocument('docs/speed.md', SPEED),
  ...inDocument('docs/text.md', TEXT),
  ...inDocument('tests/fuzz/README.md', FUZZERS),
  ...inDocument('data/README.md', DATA),
];

// Words instead of numbers.
export const claims: readonly Claim[] = [
  {
    ...{ document: 'README.md', words: 'A training step takes a third of the instructions' },
    ...{ of: 'count.step.times', from: 2.7, to: 3.4 },
  },
  {
    ...{ document: 'README.md', words: 'and so does a generated token' },
    ...{ of: 'count.big_generate.times', from: 2.7, to: 3.4 },
  },
  {
    ...{ document: 'README.md', words: "a third of float32's instructions" },
    ...{ of: 'count.big_generate.times', from: 2.7, to: 3.4 },
  },
  {
    ...{ document: 'README.md', words: 'a twentieth of its weight bytes' },
    ...{ of: 'weight-bytes.times', from: 18, to: 22 },
  },
  {
    ...{ document: 'docs/speed.md', words: 'a twentieth of the' },
    ...{ of: 'weight-bytes.times', from: 18, to: 22 },
  },
  {
    ...{ document: 'README.md', words: 'seven builds here' },
    ...{ of: 'runners.here', from: 7, to: 7 },
  },
  {
    ...{ document: 'README.md', words: 'two in laptops' },
    ...{ of: 'runners.laptops', from: 2, to: 2 },
  },
  {
    ...{ document: 'README.md', words: 'four of other processors' },
    ...{ of: 'runners.foreign', from: 4, to: 4 },
  },
];
