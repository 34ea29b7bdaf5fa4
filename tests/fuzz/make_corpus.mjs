// Makes tests/fuzz/corpus: small inputs, good ones and bad ones, for each fuzzer to begin with.
// `make && node tests/fuzz/make_corpus.mjs ./legacy_llm`; only needed where a format changes.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const program = path.resolve(process.argv[2] ?? 'legacy_llm');
const corpus = path.join(import.meta.dirname, 'corpus');
const folder = mkdtempSync(path.join(tmpdir(), 'corpus-'));
/** @param {string} name */
const at = (name) => path.join(folder, name);

/**
 * @param {string} fuzzer
 * @param {Record<string, string | Buffer>} inputs
 */
function write(fuzzer, inputs) {
  rmSync(path.join(corpus, fuzzer), { recursive: true, force: true });
  mkdirSync(path.join(corpus, fuzzer), { recursive: true });
  for (const [name, bytes] of Object.entries(inputs)) {
    writeFileSync(path.join(corpus, fuzzer, name), bytes);
  }
}

/** @param {string[]} args */
const run = (...args) => execFileSync(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });

// ---- options: an argument a line ----

/** @type {Record<string, string>} */
const lines = {
  nothing: '',
  shape: '--layers 2 --heads 4 --dim 64 --context 64 --bigram-rows 0 --batch 8',
  training:
    '--steps 1200 --warmup 100 --lr 0.002 --embedding-lr 0.0008 --clip 1.5 --seed 4294967295',
  schemes: '--scheme absmean --norm layer --act relu --optimizer direct-stateless',
  memory: '--micro-batch 2 --recompute block --ram 64MB --text-ram 1KB',
  segments: '--recompute none --recompute 64 --recompute 65',
  preset: '--preset base --dim 96',
  'preset-unknown': '--preset huge',
  'preset-as-a-value': '--text --preset tiny',
  resume: '--resume m.ckpt --text t.txt --stop-after 5 --save-every 1',
  'resume-with-a-shape': '--resume m.ckpt --dim 32',
  outputs: '--out none --log l --trace t --dump d --json',
  tokenizer: '--tokenizer bpe --vocab 8192 --separator \\n\\n --text t.txt',
  generate: '--model m --prompt x --tokens 16777216 --temperature 0.7 --out o',
  evaluate: '--model m --eval-tokens 2147483647 --order 5 --text-ram 1MB --json',
  logging: '--log l --log-format csv --log-every 10 --eval-every 100 --eval-tokens 1000 --keep 3',
  'batch-in-tokens': '--context 64 --batch-tokens 4096',
  counts: '--counts 4MB --order 3',
  'counts-none': '--counts none --order 12',
  'batch-of-too-few': '--context 64 --batch-tokens 63',
  'batch-in-tokens-before-the-context': '--batch-tokens 4194304 --context 2 --plan',
  sampling: '--top-k 40 --top-p 0.95 --temperature 1.0 --stop \\n\\n --prompt -',
  'top-k-none': '--top-k 0',
  'top-p-no-number': '--top-p abc',
  conversation: '-i --json --tokens 9 --stop .',
  'log-format-unknown': '--log-format xml',
  'keep-none': '--keep 0',
  'order-too-long': '--order 99',
  bench: '--only step,generate --form plain,fp32 --repeat 1000',
  'too-large': '--steps 1048577',
  'beyond-long': '--steps 99999999999999999999',
  negative: '--seed -1',
  'no-value': '--steps',
  'not-a-number': '--lr fast',
  decimals: '--lr 0.0000000001 --clip 1000.000',
  'many-digits': '--lr 12345678',
  'many-decimals': '--lr 0.00000000001',
  point: '--lr .',
  sizes: '--ram 18446744073709551615 --ram 18446744073709551615G',
  'warm-up': '--warmup 10 --steps 10',
  'no-clip': '--clip 0',
  unknown: '--foo bar',
  'no-option': 'foo',
  equals: '--steps=4 --lr=1e-3 --scheme=row --text=t.txt --json',
  'flag-with-a-value': '--json=yes',
  exponents: '--lr 2.5E-4 --embedding-lr 1e+1 --clip 1e-10',
  'bad-exponents': '--lr 1e-11',
  'prompt-escapes': '--prompt a\\n\\x41\\\\ --stop \\t',
  'prompt-bad-escape': '--prompt \\q',
  'prompt-file': '--prompt-file p --model=m',
  'prompt-twice': '--prompt-file p --prompt x',
  misspelled: '--temprature 1',
  'value-of-dashes': '--out --json',
  helps: '--text t.txt -h --version',
  numbers: '--text n --tokenizer bytes --separator \\n',
};
const options = Object.fromEntries(
  Object.entries(lines).map(([name, line]) => [name, line.split(' ').join('\n')]),
);
write('options', {
  ...options,
  'empty-value': '--text\n\n',
  'empty-prompt': '--prompt\0\0--model\0m',
  'a-choice-and-its-bar': '--act\nrelu2|relu',
  'control-signs': '--foo\u001b[2J\r',
  'not-utf-8': Buffer.from([0x2d, 0x2d, 0xff, 0xfe, 0x0a, 0x80]),
  long: `--text\n${'x'.repeat(2000)}\n--steps\n${'9'.repeat(1000)}`,
});

// ---- texts: a byte that chooses the tokenizer, then the text ----

/** @type {Record<string, string | Buffer>} */
const texts = {
  empty: '',
  short: 'ab',
  'of-one-character': 'a'.repeat(100),
  words: 'the cat sat on the mat. the mat sat on the cat. '.repeat(3),
  documents: 'One day.\n\nTwo days.\n\n\nThree days.\n\n',
  separators: '\n\n\n\n\n',
  'two-bytes': 'na\u00efve caf\u00e9 \u00fcber',
  'three-and-four': '\u20ac\u4e2d\ud83d\ude00\u{10ffff}',
  'long-word': `${'x'.repeat(200)} y`,
  apostrophes: "don't 'quoted' rock'n'roll",
  'white-space': ' \t\r\n  \n \t',
  digits: '1234567890 3.14159 -0',
  'with-a-NUL': 'ab\0cd',
  overlong: Buffer.from([0x61, 0xc0, 0x80, 0x62]),
  surrogate: Buffer.from([0x61, 0xed, 0xa0, 0x80]),
  'beyond-unicode': Buffer.from([0x61, 0xf4, 0x90, 0x80, 0x80]),
  'cut-short': Buffer.from([0x61, 0x62, 0xe2, 0x82]),
  'all-bytes': Buffer.from(Array.from({ length: 256 }, (_, i) => i)),
};
/** @type {Record<string, Buffer>} */
const chosen = {};
for (const [name, text] of Object.entries(texts)) {
  for (const [kind, byte] of [
    ['chars', 0],
    ['bytes', 1],
    ['bpe', 2],
  ]) {
    const choice = Number(byte) + (name.length % 2 ? 129 : 0); // 129: with a separator, 129 % 3 = 0
    chosen[`${name}-${kind}`] = Buffer.concat([Buffer.from([choice]), Buffer.from(text)]);
  }
}
write('text', chosen);

// ---- checkpoints of the smallest shape ----

const HEADER = 192; // bytes before the first section

const SHAPE = ['--layers', '1', '--heads', '1', '--dim', '4', '--context', '2', '--batch', '1'];
writeFileSync(at('t.txt'), 'ab cab\n\nbad cab. '.repeat(4));
writeFileSync(at('long.txt'), 'ab cab\n\nbad cab. '.repeat(40));
/** @type {Record<string, Buffer>} */
const checkpoints = {};

/**
 * @param {string} name
 * @param {string[]} args
 */
function train(name, ...args) {
  const settings = [...SHAPE, '--bigram-rows', '0', '--steps', '2', ...args];
  run('train', '--text', at('t.txt'), '--out', at(name), ...settings);
  checkpoints[name] = readFileSync(at(name));
}

for (const optimizer of [
  'muon',
  'lion',
  'spectral',
  'direct',
  'direct-stateless',
  'muon-float',
  'adam',
]) {
  train(optimizer, '--optimizer', optimizer);
}
for (const scheme of ['absmean', 'row', 'constant', 'binary', '2bit']) {
  train(scheme, '--scheme', scheme, '--optimizer', 'lion');
  run('export', '--model', at(scheme), '--out', at('model'));
  checkpoints[`${scheme}-model`] = readFileSync(at('model'));
}
run('export', '--model', at('absmean'), '--words', at('long.txt'), '--out', at('model'));
checkpoints['model-with-words'] = readFileSync(at('model'));
train(
  'separator',
  '--separator',
  '\\n\\n',
  '--bigram-rows',
  '8',
  '--norm',
  'layer',
  '--act',
  'relu',
);
train('pairs', '--tokenizer', 'bpe', '--vocab', '258', '--optimizer', 'direct-stateless');
train('raw-bytes', '--tokenizer', 'bytes', '--optimizer', 'direct-stateless');
train('long-context', '--context', '40', '--text', at('long.txt'));
train('counts-none', '--counts', 'none');
train('few-counts', '--counts', '8KB', '--order', '12', '--text', at('long.txt'));
train('two-layers', '--layers', '2', '--heads', '2', '--dim', '8', '--stop-after', '1');

const whole = checkpoints.muon ?? Buffer.alloc(0);

/**
 * @param {number} place
 * @param {number} value
 */
function edited(place, value) {
  const copy = Buffer.from(whole);
  copy.writeInt32LE(value, place);
  return copy;
}
write('checkpoint', {
  ...checkpoints,
  'one-byte': Buffer.from('L'),
  'cut-in-its-header': whole.subarray(0, 100),
  'header-alone': whole.subarray(0, HEADER),
  'cut-in-a-section': whole.subarray(0, 400),
  'without-its-end': whole.subarray(0, whole.length - 32),
  longer: Buffer.concat([whole, Buffer.from('x')]),
  foreign: Buffer.from('the cat sat on the mat. '.repeat(10)),
  'of-version-3': edited(8, 3),
  'of-version-5': edited(8, 5),
  'of-many-layers': edited(16, 64),
  'of-a-long-context': edited(28, 1024),
  'of-many-rows': edited(40, 65536),
  'with-a-flipped-bit': edited(56, 3),
  'of-much-counted': edited(164, 1 << 30),
  'of-a-large-section': edited(HEADER + 24, -1),
});

// ---- tokenizer files ----

/**
 * @param {string[]} args
 */
function tokenizer(...args) {
  run('tokenizer', '--text', at('t.txt'), '--out', at('tokenizer'), ...args);
  return readFileSync(at('tokenizer'), 'utf8');
}

const pairs = tokenizer('--tokenizer', 'bpe', '--vocab', '264');
const characters = tokenizer('--tokenizer', 'chars');
const HEAD = 'legacy_llm tokenizer 1\n';
write('tokenizer', {
  pairs,
  'pairs-and-separator': tokenizer('--tokenizer', 'bpe', '--vocab', '262', '--separator', '\\n\\n'),
  characters,
  'characters-and-separator': tokenizer('--tokenizer', 'chars', '--separator', '. '),
  bytes: tokenizer('--tokenizer', 'bytes'),
  'bytes-and-separator': tokenizer('--tokenizer', 'bytes', '--separator', '\\x00\\xff'),
  'with-carriage-returns': pairs.replaceAll('\n', '\r\n'),
  'without-its-last-line-end': pairs.trimEnd(),
  'with-a-line-too-many': `${pairs}264 97 98 "ab"\n`,
  'with-a-long-line-too-many': pairs + 'x'.repeat(1000),
  'cut-in-the-middle': pairs.slice(0, pairs.length / 2),
  'without-entries': `${HEAD}kind bpe\nvocabulary 257\n`,
  'of-a-token-not-there-yet': `${HEAD}kind bpe\nvocabulary 257\n256 256 97 "a"\n`,
  'that-lies-in-quotes': `${HEAD}kind bpe\nvocabulary 257\n256 97 98 "ba"\n`,
  'of-a-surrogate': `${HEAD}kind chars\nvocabulary 2\n0 97 "a"\n1 55296 "\\xed\\xa0\\x80"\n`,
  'out-of-order': `${HEAD}kind chars\nvocabulary 2\n0 98 "b"\n1 97 "a"\n`,
  'with-a-bad-escape': `${HEAD}kind bytes\nvocabulary 257\nseparator "\\q"\n`,
  'with-an-empty-separator': `${HEAD}kind bytes\nvocabulary 257\nseparator ""\n`,
  'with-a-long-separator': `${HEAD}kind bytes\nvocabulary 257\nseparator "${'x'.repeat(33)}"\n`,
  'of-an-unknown-kind': `${HEAD}kind words\nvocabulary 300\n`,
  'of-no-size': `${HEAD}kind bytes\nvocabulary\n`,
  'of-a-huge-size': `${HEAD}kind bpe\nvocabulary 99999999999999999999\n`,
  'first-line-alone': HEAD,
  foreign: 'the cat sat on the mat\n',
  'with-a-NUL': `${HEAD}kind bytes\0\nvocabulary 256\n`,
});

// ---- tables of counts: a byte that chooses a shape, then the table ----

const V256_ORDER_3 = 13;

/**
 * The table of a checkpoint of raw bytes.
 * @param {Buffer} checkpoint
 */
function counted(checkpoint) {
  const section = checkpoint.indexOf('counts\0\0');
  const data = section + 32;
  const size = checkpoint.readUInt32LE(section + 24);
  return Buffer.concat([Buffer.from([V256_ORDER_3]), checkpoint.subarray(data, data + size)]);
}

const COUNTED = ['--tokenizer', 'bytes', '--order', '3', '--counts', '64KB'];
train('few', ...COUNTED);
train('more', ...COUNTED, '--text', at('long.txt'));
const few = counted(checkpoints.few ?? Buffer.alloc(0));

/**
 * @param {number} place
 * @param {number} value
 */
function counts(place, value) {
  const copy = Buffer.from(few);
  copy.writeInt32LE(value, 1 + place);
  return copy;
}

write('counts', {
  few,
  more: counted(checkpoints.more ?? Buffer.alloc(0)),
  'cut-in-its-front': few.subarray(0, 40),
  'cut-in-its-nodes': few.subarray(0, few.length - 10),
  longer: Buffer.concat([few, Buffer.from([0])]),
  'of-many-tokens': counts(16, 257),
  'of-many-nodes': counts(24, 65536),
  'of-more-children': counts(20, 3),
  'of-a-gate-that-is-none': counts(40, -1),
  'of-ones': Buffer.concat([few.subarray(0, 89), Buffer.alloc(64)]),
  'of-zeros': Buffer.concat([few.subarray(0, 89), Buffer.alloc(64, 255)]),
});

// ---- texts to count: a byte that chooses a shape, one for the size of the block, then the text ----

write('counting', {
  text: Buffer.from(
    `\x06\x40${'the cat sat on the mat. the mat sat on the cat. '.repeat(3)}`,
    'latin1',
  ),
  'long-text': Buffer.from(`\x1a\xff${'abc abd abc acd. '.repeat(100)}`, 'latin1'),
  'documents-in-a-small-block': Buffer.from(`\x96\x02${'aab. caab. '.repeat(30)}`, 'latin1'),
});

// ---- models and tokenizers of llama2.c ----

/** @param {number[]} numbers */
const int32s = (...numbers) => Buffer.from(Int32Array.from(numbers).buffer);

/**
 * The weights of a model, as many as there are.
 * @param {number} count
 */
const weights = (count) =>
  Buffer.from(Float32Array.from({ length: count }, (_, i) => Math.sin(i) / 2).buffer);

/**
 * @param {Array<[string, number]>} pieces
 * @param {number} longest
 */
function vocabulary(pieces, longest = 6) {
  const parts = pieces.map(([text, score]) =>
    Buffer.concat([
      Buffer.from(Float32Array.of(score).buffer),
      int32s(Buffer.byteLength(text)),
      Buffer.from(text),
    ]),
  );
  return Buffer.concat([int32s(longest), ...parts]);
}

/**
 * @param {Buffer} model
 * @param {Buffer} tokens
 */
const together = (model, tokens) => Buffer.concat([int32s(model.length), model, tokens]);

const SPECIAL = /** @type {Array<[string, number]>} */ ([
  ...['<unk>', '<s>', '</s>'].map((text) => [text, 0]),
]);
const LETTERS = /** @type {Array<[string, number]>} */ ([
  ...SPECIAL,
  ...[' ', '\x06', '\0', 'a', 'b', 'ab', ' a', '<0x61>'].map((text, i) => [text, -i]),
]);
const letters = vocabulary(LETTERS);
// dim 4, hidden 2, one layer, two heads, one of keys, eleven tokens, a context of 3
const sizes = int32s(4, 2, 1, 2, 1, 11, 3);
const small = Buffer.concat([sizes, weights(128 + 6)]);
const apart = Buffer.concat([int32s(4, 2, 1, 2, 1, -11, 3), weights(128 + 6 + 44)]);
const head1 = Buffer.alloc(256);
Buffer.concat([int32s(0x616b3432, 1), sizes]).copy(head1);

/**
 * The small model with one of its numbers changed.
 * @param {number} place
 * @param {number} value
 */
function model(place, value) {
  const copy = Buffer.from(small);
  copy.writeInt32LE(value, 4 * place);
  return together(copy, letters);
}

/**
 * The same of the tokenizer.
 * @param {number} place
 * @param {number} value
 */
function tokens(place, value) {
  const copy = Buffer.from(letters);
  copy.writeInt32LE(value, 4 * place);
  return together(small, copy);
}

write('llama2', {
  small: together(small, letters),
  'a-classifier-of-its-own': together(apart, letters),
  'version-1': together(Buffer.concat([head1, weights(128 + 44)]), letters),
  'version-1-shared': together(Buffer.concat([head1.fill(1, 36, 37), weights(128)]), letters),
  'version-2': model(0, 0x616b3432),
  'no-model': together(Buffer.alloc(0), letters),
  'a-cut-model': together(small.subarray(0, -1), letters),
  'a-long-model': together(Buffer.concat([small, Buffer.from('a')]), letters),
  'no-dim': model(0, 0),
  'a-huge-dim': model(0, 8192),
  'a-huge-hidden-size': model(1, 32768),
  'many-layers': model(2, 128),
  'three-heads': model(3, 3),
  'two-heads-of-keys': model(4, 2),
  'a-large-vocabulary': model(5, 65536),
  'the-most-negative-vocabulary': model(5, -0x80000000),
  'a-context-of-none': model(6, 0),
  'no-number': model(30, 0x7fc00000),
  'a-denormal': model(31, 1),
  'a-large-weight': model(32, 0x43800000),
  'a-weight-that-is-too-large': model(33, 0x43800001),
  'no-tokenizer': together(small, Buffer.alloc(0)),
  'a-cut-tokenizer': together(small, letters.subarray(0, -1)),
  'a-long-tokenizer': together(small, Buffer.concat([letters, Buffer.from('a')])),
  'a-longest-piece-without-end': tokens(0, -1),
  'a-score-that-is-no-number': tokens(1, 0x7fc00000),
  'a-piece-without-end': tokens(2, 0x7fffffff),
  'a-piece-that-is-too-long': tokens(2, 7),
  'empty-pieces': together(small, vocabulary(LETTERS.map(([, score]) => ['', score]))),
  'one-piece-for-all': together(small, vocabulary(LETTERS.map(([, score]) => ['\x06', score]))),
  'equal-scores': together(small, vocabulary(LETTERS.map(([text]) => [text, 1]))),
});

// ---- GGUF files ----

/**
 * A small model as a GGUF file.
 * @param {string[]} args
 */
function gguf(...args) {
  train('g', '--qk-norm', 'none', '--counts', 'none', '--force', ...args);
  const type = args.includes('32') ? 'q4_0' : 'f32';
  run(
    'export',
    '--model',
    at('g'),
    '--format',
    'gguf',
    '--type',
    type,
    '--out',
    at('gguf'),
    '--force',
  );
  return readFileSync(at('gguf'));
}

const ofCharacters = gguf();

/**
 * The same with other bytes in the place of some, as long.
 * @param {string} from
 * @param {string} to
 */
function instead(from, to) {
  const copy = Buffer.from(ofCharacters);
  copy.write(to, copy.indexOf(from), 'latin1');
  return copy;
}

/**
 * The same with another value of a key that is a number.
 * @param {string} key
 * @param {number} value
 */
function keyed(key, value) {
  const copy = Buffer.from(ofCharacters);
  copy.writeUInt32LE(value, copy.indexOf(key) + key.length + 4);
  return copy;
}

/**
 * The same with another number in the place of its last, the scale of ffn_down.
 * @param {number} value
 */
function scaled(value) {
  const copy = Buffer.from(ofCharacters);
  copy.writeFloatLE(value, copy.length - 32);
  return copy;
}

write('gguf', {
  characters: ofCharacters,
  bytes: gguf('--tokenizer', 'bytes'),
  pairs: gguf('--tokenizer', 'bpe', '--vocab', '260', '--separator', '\\n\\n'),
  blocks: gguf('--dim', '32'),
  'two-layers': gguf('--layers', '2'),
  'cut-in-its-keys': ofCharacters.subarray(0, 200),
  'cut-in-its-weights': ofCharacters.subarray(0, -40),
  'of-another-version': instead('\x03\0\0\0', '\x01'),
  'of-another-architecture': instead('bitnet', 'llama1'),
  'of-another-tokenizer': instead('gpt2', 'bert'),
  'with-a-tensor-of-no-name': instead('attn_k', 'attn_x'),
  'with-a-tensor-twice': instead('attn_v', 'attn_q'),
  'with-a-key-that-is-unknown': instead('bitnet.vocab_size', 'bitnet.vocab_like'),
  'of-rows': gguf('--scheme', 'row'),
  'of-signs': gguf('--scheme', 'binary'),
  'of-two-heads': gguf('--heads', '2', '--dim', '8'),
  'of-characters-and-separator': gguf('--separator', '. '),
  'of-no-layers': keyed('bitnet.block_count', 0),
  'of-many-layers': keyed('bitnet.block_count', 65),
  'of-a-huge-dim': keyed('bitnet.embedding_length', 0x7fffffff),
  'of-a-long-context': keyed('bitnet.context_length', 1 << 20),
  'of-no-heads': keyed('bitnet.attention.head_count', 0),
  'of-another-base': keyed('bitnet.rope.freq_base', 0x461c4000),
  'of-another-begin': keyed('tokenizer.ggml.bos_token_id', 0x80000000),
  'of-many-tokens': keyed('tokenizer.ggml.tokens', 0x7fffffff),
  'of-a-scale-of-0': scaled(0),
  'of-a-negative-scale': scaled(-0.5),
  'of-a-huge-scale': scaled(2 ** 100),
  'of-no-number': scaled(Number.NaN),
});

rmSync(folder, { recursive: true });
