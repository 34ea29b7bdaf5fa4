// Texts that are larger than the memory for them: the same bits as in memory, and no more of it.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { storyChunks } from '../../scripts/stories/generate.mjs';
import { trainBigText, trainWithin } from '../../ts/robustness/big_text.ts';
import { sha256 } from '../../ts/support/hash.ts';
import { createProgress } from '../../ts/support/progress.ts';
import { seededRandom } from '../../ts/support/random.ts';
import { runCommandLine } from '../commands/command_line.ts';
import { stories } from '../stories.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { type Memory, memoryOfTraining } from './memory.ts';
import { programOf, runProgram, small } from './program.ts';

const folder = useTemporaryFolder();
const at = (name: string) => path.join(folder(), name);
const hashOf = (name: string) => sha256(readFileSync(at(name)));

async function train(...args: string[]): Promise<void> {
  expect(await runProgram(['train', ...args])).toMatchObject({ exitCode: 0, stderr: '' });
}

const MEGABYTE = 2 ** 20;
const LIMIT = 65536; // kB of address space
const largest = [...storyChunks(1, 8 * MEGABYTE)].join('');
const PAGES = 16 * 4096; // of what depends on where the system has put things

describe('a text that is larger than --text-ram', () => {
  test.each(['chars', 'bytes', 'chars --separator \\n\\n', 'bpe --vocab 300 --separator \\n\\n'])(
    'trains to the same checkpoint as in memory, also when it is resumed: %s',
    async (kind) => {
      const settings = [...small, '--steps', '9', '--tokenizer', ...kind.split(' ')];
      const text = ['--text', stories];
      await train(...text, ...settings, '--out', at('memory.ckpt'));
      await train(...text, ...settings, '--out', at('file.ckpt'), '--text-ram', '1KB');
      expect(hashOf('file.ckpt')).toBe(hashOf('memory.ckpt'));
      const stopped = [...settings, '--stop-after', '4', '--out', at('part.ckpt')];
      await train(...text, ...stopped, '--text-ram', '1KB');
      expect(readdirSync(folder())).toContain('part.ckpt.tokens');
      await train(...text, '--resume', at('part.ckpt'), '--text-ram', '1KB');
      expect(hashOf('part.ckpt')).toBe(hashOf('memory.ckpt'));
      expect(readdirSync(folder()).sort()).toEqual(['file.ckpt', 'memory.ckpt', 'part.ckpt']);
    },
  );

  test('is evaluated to the same numbers as in memory', async () => {
    await train('--text', stories, ...small, '--steps', '3', '--out', at('m.ckpt'));
    const args = ['eval', '--model', at('m.ckpt'), '--text', stories, '--json'];
    const inMemory = await runProgram(args);
    expect(inMemory.exitCode).toBe(0);
    const streamed = await runProgram([...args, '--text-ram', '1KB']);
    expect(streamed.stdout).toBe(inMemory.stdout);
    expect(readdirSync(folder())).toEqual(['m.ckpt']);
  });

  test.each(['chars', 'bytes', 'bpe --vocab 300 --separator \\n\\n'])(
    'takes no more memory where it is 16 times larger: %s',
    async (kind) => {
      const program = await programOf();
      const settings = [...small, '--tokenizer', ...kind.split(' ')];
      const memories: Memory[] = [];
      for (const size of [MEGABYTE / 2, 8 * MEGABYTE]) {
        writeFileSync(at('t.txt'), largest.slice(0, size));
        const args = ['--text', at('t.txt'), '--out', at('m.ckpt'), '--text-ram', '128KB'];
        const training = [...args, ...settings, '--force'];
        await trainWithin(LIMIT, program, [...training, '--steps', '2']);
        memories.push(await memoryOfTraining(program, training));
      }
      const [little, much] = memories;
      if (!little || !much) throw new Error('no memory');
      for (const part of ['mapped', 'touched'] as const) {
        expect(Math.abs(much[part] - little[part])).toBeLessThan(PAGES);
      }
    },
  );
});

describe('big-text', () => {
  test('trains, resumes, and counts', async () => {
    const program = await programOf();
    const said: string[] = [];
    const result = await trainBigText(
      {
        ...{ program, folder: folder(), size: '3MB', steps: 4, limit: LIMIT, textRam: '1MB' },
        options: small,
      },
      createProgress({ write: (line) => said.push(line) }),
    );
    expect(result.textBytes).toBeGreaterThanOrEqual(3 * MEGABYTE);
    expect(result.runs.map(({ end }) => end.steps)).toEqual([2, 4]);
    expect(result.sha256).toBe(hashOf('m.ckpt'));
    expect(said.join('')).toContain('resuming to step 4');
    expect(readdirSync(folder()).sort()).toEqual(['m.ckpt', 'stories.txt']);
  });

  test.each([
    [['--size', 'much'], /Give a size/],
    [['--steps', '0'], /It must be at least 1/],
  ])('%j is refused', async (args, says) => {
    const { code, said } = await runCommandLine('big-text', ...args);
    expect(code).toBe(2);
    expect(said).toMatch(says);
  });
});

// With learning rates of 0 an embedding tells which window it is of, and its sum is in the trace.
async function windowsOf(trace: string, ...args: string[]): Promise<string[]> {
  await train('--text', at('t.txt'), '--out', at('m.ckpt'), '--trace', at(trace), ...args);
  const lines = readFileSync(at(trace), 'utf8').split('\n');
  return lines.flatMap((line) => /^\d+ embedding (\w+)$/.exec(line)?.[1] ?? []);
}

test.each([[[]], [['--text-ram', '1KB']]])(
  'the windows of an epoch are all different, also across resumes: %j',
  async (memory) => {
    const random = seededRandom(5);
    const letters = Array.from({ length: 2000 }, () => 97 + Math.floor(random() * 16));
    writeFileSync(at('t.txt'), Buffer.from(letters));
    const epoch = Math.floor((1800 - 16) / 16); // 9 of 10 tokens are to train on
    const still = ['--lr', '0', '--embedding-lr', '0', '--bigram-rows', '0', '--batch', '1'];
    const settings = [...small, ...still, '--steps', String(2 * epoch), ...memory];
    const unbroken = await windowsOf('whole', ...settings);
    rmSync(at('m.ckpt')); // or the parts would not take its place
    const resume = ['--resume', at('m.ckpt'), ...memory];
    const parts = [
      ...(await windowsOf('first', ...settings, '--stop-after', '40')),
      ...(await windowsOf('second', ...resume, '--stop-after', String(epoch + 7))),
      ...(await windowsOf('third', ...resume)),
    ];
    expect(parts).toEqual(unbroken);
    for (const one of [parts.slice(0, epoch), parts.slice(epoch)]) {
      expect(one).toHaveLength(epoch);
      expect(new Set(one).size).toBe(epoch);
    }
  },
);
