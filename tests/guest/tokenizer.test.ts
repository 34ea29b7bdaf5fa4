// Byte pairs are learned on the device: a text of 1 MB, 512 tokens, within 8 MB of RAM.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { storyChunks } from '../../scripts/stories/generate.mjs';
import { buildTarget } from '../../ts/build/build.ts';
import { findTarget } from '../../ts/build/targets.ts';
import { findMachine } from '../../ts/guest/machines.ts';
import { runGuest } from '../../ts/guest/run.ts';
import { exec } from '../../ts/support/exec.ts';
import { useTemporaryFolder } from '../temporary.ts';

const MEGABYTE = 1024 * 1024;
const LIMIT = ['--ram', '8MB'];
const BPE = ['--tokenizer', 'bpe', '--vocab', '512'];

const folder = useTemporaryFolder();

describe('in the laptop', () => {
  test('a text of 1 MB is learned and trained on within 8 MB, as on the host', async () => {
    const text = path.join(folder(), 'text.txt');
    writeFileSync(text, [...storyChunks(3, MEGABYTE)].join(''));
    const { program } = await buildTarget(findTarget('p3'));
    const guest = await runGuest({
      machine: findMachine('p3-32'),
      program,
      args: ['tokenizer', '--text', '/in/text.txt', ...BPE, '--out', '/out/t.tok', ...LIMIT],
      commands: [
        [
          ...['train', '--text', '/in/text.txt', ...BPE, ...LIMIT, '--preset', 'tiny'],
          ...['--steps', '1', '--out', 'none'],
        ],
      ],
      inputs: { '/in/text.txt': text },
      outputs: ['/out/t.tok'],
    });
    expect(guest.runs.map(({ exitCode, stderr }) => ({ exitCode, stderr }))).toEqual([
      { exitCode: 0, stderr: '' },
      { exitCode: 0, stderr: '' },
    ]);
    for (const { maxRssKb } of guest.runs) {
      expect(maxRssKb).toBeGreaterThan(3000);
      expect(maxRssKb).toBeLessThan(8 * 1024);
    }
    const host = (await buildTarget(findTarget('host'))).program;
    const learned = path.join(folder(), 't.tok');
    await exec(host, ['tokenizer', '--text', text, ...BPE, '--out', learned]);
    expect(guest.outputs.get('/out/t.tok')?.toString()).toBe(readFileSync(learned, 'utf8'));
    expect(readFileSync(learned, 'utf8')).toContain('vocabulary 512\n');
  });
});
