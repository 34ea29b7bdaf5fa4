// The n-grams beside the transformer: what they are worth, that a training with them can be stopped,
// streamed and shared out without changing a bit, and what is in the file.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCheckpoint } from '../../ts/program/checkpoint.ts';
import { readCounts } from '../../ts/program/counts_table.ts';
import { lastEvent } from '../../ts/program/events.ts';
import { parseJudgement } from '../../ts/program/judgement.ts';
import { sampleText } from '../../ts/stories/text.ts';
import { sha256 } from '../../ts/support/hash.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { onlyLine, runProgram, small } from './program.ts';

const folder = useTemporaryFolder();
const at = (name: string) => path.join(folder(), name);
const hashOf = (name: string) => sha256(readFileSync(at(name)));
const read = (name: string) => readCheckpoint(readFileSync(at(name)));

async function run(...args: string[]): Promise<string> {
  const result = await runProgram(args);
  expect(result).toMatchObject({ exitCode: 0, stderr: '' });
  return result.stdout;
}

// A text of so many characters, the beginning of the stories.
function writeText(characters: number): string {
  const text = readFileSync(path.resolve(sampleText), 'utf8');
  writeFileSync(at('t.txt'), text.slice(0, characters));
  return at('t.txt');
}

const counted = [...small, '--counts', '64KB', '--order', '5'];

async function train(out: string, ...args: string[]): Promise<string> {
  return run('train', '--text', at('t.txt'), '--out', at(out), ...args);
}

async function judge(model: string, ...args: string[]) {
  return parseJudgement(await run('eval', '--model', at(model), '--json', ...args));
}

describe('a training with counts', () => {
  test.each([
    [],
    ['--tokenizer', 'bytes', '--order', '12'],
    ['--tokenizer', 'bpe', '--vocab', '300', '--separator', '\\n\\n'],
    ['--counts', '8KB'],
  ])('stopped, resumed, streamed, by threads and in parts: one checkpoint: %j', async (...kind) => {
    writeText(30_000);
    const settings = [...counted, '--steps', '7', ...kind];
    await train('whole.ckpt', ...settings);
    for (const [mode, ...how] of [
      ['in parts', '--micro-batch', '1', '--recompute', 'block'],
      ['streamed', '--text-ram', '1KB'],
      ['by threads', '--threads', '2'],
    ] as const) {
      await train('other.ckpt', ...settings, ...how, '--force');
      expect({ mode, hash: hashOf('other.ckpt') }).toEqual({ mode, hash: hashOf('whole.ckpt') });
      await train('part.ckpt', ...settings, ...how, '--stop-after', '3', '--force');
      await train('part.ckpt', '--resume', at('part.ckpt'));
      expect({ mode, hash: hashOf('part.ckpt') }).toEqual({ mode, hash: hashOf('whole.ckpt') });
    }
  });

  test('made longer it ends in the same bits, wherever it stops', async () => {
    writeText(20_000);
    await train('first.ckpt', ...counted, '--steps', '4');
    const longer = ['--resume', at('first.ckpt'), '--steps', '9'];
    await train('whole.ckpt', ...longer);
    await train('part.ckpt', ...longer, '--stop-after', '6');
    await train('part.ckpt', '--resume', at('part.ckpt'));
    expect(hashOf('part.ckpt')).toBe(hashOf('whole.ckpt'));
  });

  test('has them in a section of its own, and one without has none', async () => {
    writeText(20_000);
    await train('without.ckpt', ...small, '--steps', '5');
    await train('with.ckpt', ...counted, '--steps', '5');
    const [bare, full] = [read('without.ckpt'), read('with.ckpt')];
    const [counts, ...others] = full.sections;
    expect(counts).toMatchObject({ name: 'counts', kind: 'bytes' });
    expect(counts?.bytes).toHaveLength(full.counts.packed);
    expect(others.map(({ name }) => name)).toEqual(bare.sections.map(({ name }) => name));
    expect(bare.counts).toEqual({ bytes: 0, packed: 0 });
    expect(full.training).toMatchObject({ counts: 65536, order: 5 });
  });

  test('takes the memory that is planned, and says what the counts take', async () => {
    writeText(20_000);
    const output = await train('m.ckpt', ...counted, '--steps', '2', '--json');
    const plan = lastEvent(output, 'plan');
    const counts = plan?.items.find(({ name }) => name === 'counts')?.bytes ?? 0;
    expect(counts).toBeGreaterThan(65536);
    expect(counts).toBeLessThan(65536 + 8192);
    expect(lastEvent(output, 'end')?.plan_bytes).toBe(plan?.arena_bytes);
    expect(read('m.ckpt').counts.bytes).toBeLessThanOrEqual(65536);
  });

  test('evaluates both and each alone, also in its log', async () => {
    writeText(20_000);
    const logged = ['--eval-every', '4', '--log', at('log'), '--log-format'];
    const steps = [...counted, '--steps', '4', '--force'];
    expect(await train('m.ckpt', ...steps, ...logged, 'csv')).toMatch(
      /step 4: held-out loss [\d.]+ nats per token \(transformer [\d.]+, counts [\d.]+\)/,
    );
    const [names = '', row = ''] = [0, 4].map(
      (i) => readFileSync(at('log'), 'utf8').split('\n')[i],
    );
    const cells = new Map(names.split(',').map((name, i) => [name, row.split(',')[i]]));
    const { loss, transformer, counts } = await judge('m.ckpt', '--text', at('t.txt'));
    expect(cells.get('held_out_loss')).toBe(loss);
    expect(cells.get('held_out_transformer')).toBe(transformer);
    expect(cells.get('held_out_counts')).toBe(counts);
    await train('m.ckpt', ...steps, ...logged, 'json');
    const lines = readFileSync(at('log'), 'utf8').trim().split('\n');
    expect(JSON.parse(lines.at(-1) ?? '').held_out).toMatchObject({
      ...{ loss: Number(loss), transformer: Number(transformer), counts: Number(counts) },
    });
  });
});

describe('a model with counts', () => {
  test('predicts far better than its transformer, and is exported with them', async () => {
    const text = ['--text', writeText(60_000)];
    await train('m.ckpt', ...small, '--steps', '300', '--counts', '2MB', '--order', '6');
    const judged = await judge('m.ckpt', ...text);
    expect(Number(judged.loss)).toBeLessThan(Number(judged.transformer) - 0.3);
    expect(Number(judged.loss)).toBeLessThan(Number(judged.counts) + 0.02);
    expect(Number(judged.counts)).toBeLessThan(Number(judged.ngram));
    expect(Number(judged.ngram)).toBeLessThan(Number(judged.bigram));
    expect(Number(judged.bigram)).toBeLessThan(Number(judged.unigram));
    await run('export', '--model', at('m.ckpt'), '--out', at('m.llm'));
    expect(await judge('m.llm', ...text)).toEqual(judged);
    const write = ['generate', '--tokens', '100', '--model'];
    const story = await run(...write, at('m.ckpt'));
    expect(await run(...write, at('m.llm'))).toBe(story);
    // The transformer alone, left out when it is used or when it is exported.
    await run('export', '--model', at('m.ckpt'), '--out', at('alone.llm'), '--counts', 'none');
    const alone = await judge('alone.llm', ...text);
    expect(alone.loss).toBe(judged.transformer);
    expect(alone.counts).toBeUndefined();
    expect(await judge('m.ckpt', ...text, '--counts', 'none')).toEqual(alone);
    const bare = await run(...write, at('alone.llm'));
    expect(await run(...write, at('m.ckpt'), '--counts', 'none')).toBe(bare);
    expect(bare).not.toBe(story);
    expect(readCheckpoint(readFileSync(at('alone.llm'))).counts).toEqual({ bytes: 0, packed: 0 });
  });

  test('the longest n-grams to compare with are its counts', async () => {
    const text = ['--text', writeText(20_000)];
    await train('m.ckpt', ...counted, '--steps', '2');
    const whole = await judge('m.ckpt', ...text, '--order', '5', '--whole');
    expect(whole.ngram).toBe(whole.counts);
    const refused = await runProgram(['eval', '--model', at('m.ckpt'), ...text, '--order', '6']);
    expect(refused.exitCode).toBe(2);
    expect(onlyLine(refused)).toContain('the counts of the model have at most 5-grams');
  });

  test.each([[[]], [['--separator', '. ']]])(
    'the n-grams of its file are those that a list of them has: %j',
    async (documents) => {
      writeText(3000);
      const options = ['--counts', '1MB', '--order', '3', '--steps', '1', ...documents];
      await train('m.ckpt', ...small, ...options);
      const [section] = read('m.ckpt').sections;
      const table = readCounts(section?.bytes ?? Buffer.alloc(0));
      const encoded = await run('encode', '--text', at('t.txt'), '--model', at('m.ckpt'));
      const tokens = encoded.trim().split(/\s+/).map(Number).slice(0, table.tokens);
      expect(tokens).toHaveLength(table.tokens);
      expect(table).toMatchObject({ order: 3, thresholds: [1, 1, 1] });
      const expected = countAll(tokens, table.order, table.separator);
      expect(new Map([...table.counts].sort())).toEqual(new Map([...expected].sort()));
    },
  );

  test('info tells how many n-grams there are, as many as a list of them has', async () => {
    const text = readFileSync(writeText(20_000), 'latin1').slice(0, 18_000); // nine tenths
    await train('m.ckpt', ...small, '--counts', '2MB', '--order', '4', '--steps', '1');
    const said = await run('info', '--model', at('m.ckpt'));
    for (const length of [1, 2, 3, 4]) {
      const all = Array.from({ length: text.length - length + 1 }, (_, i) =>
        text.slice(i, i + length),
      );
      const [, number = ''] = new RegExp(`^ +${length} +([\\d,]+) +1$`, 'm').exec(said) ?? [];
      expect(Number(number.replaceAll(',', ''))).toBe(new Set(all).size);
    }
  });
});

// Kneser-Ney counts as kneser_ney.h says them, by lists: of the longest n-grams how often they occur,
// of others how many different tokens stand before them, and how often none may.
function countAll(tokens: readonly number[], order: number, separator: number) {
  const occurrences = new Map<string, number>();
  const add = (key: string) => occurrences.set(key, (occurrences.get(key) ?? 0) + 1);
  const left = new Map<string, Set<number>>();
  for (const [i] of tokens.entries()) {
    for (let length = 1; length <= order && i + length <= tokens.length; length++) {
      const gram = tokens.slice(i, i + length);
      if (separator > 0 && gram.slice(1, -1).includes(separator)) break;
      const key = gram.join();
      const before = tokens[i - 1];
      const begins = length > 1 && separator > 0 && gram[0] === separator; // nothing reaches back
      if (length === order || begins || before === undefined) add(key);
      else left.set(key, (left.get(key) ?? new Set()).add(before));
    }
  }
  for (const [key, set] of left) occurrences.set(key, (occurrences.get(key) ?? 0) + set.size);
  return occurrences;
}

describe('counts that cannot be', () => {
  test.each([
    [['--counts', '100'], 'counts is 100; it must be'],
    [['--counts', '2GB'], 'give at most 1GB'],
    [['--counts', 'some'], 'give none, or a size above 0'],
    [['--counts', 'none', '--order', '3'], 'leave out --order'],
    [['--order', '13'], 'a whole number from 1 to 12'],
  ])('%j is refused in one line', async (args, says) => {
    writeText(20_000);
    const result = await runProgram(['train', '--text', at('t.txt'), '--out', at('m'), ...args]);
    expect(result.exitCode).toBe(2);
    expect(onlyLine(result)).toContain(says);
  });

  test('a resumed training keeps its counts', async () => {
    writeText(20_000);
    await train('m.ckpt', ...counted, '--steps', '4', '--stop-after', '2');
    const resume = ['train', '--text', at('t.txt'), '--resume', at('m.ckpt')];
    for (const [name, value] of [
      ['counts', '128KB'],
      ['counts', 'none'],
      ['order', '4'],
    ] as const) {
      const result = await runProgram([...resume, `--${name}`, value]);
      expect(result.exitCode).toBe(2);
      expect(onlyLine(result)).toContain(`--${name} cannot change in a resumed training`);
    }
    await run(...resume, '--counts', '64KB', '--order', '5');
  });
});
