// Byte pairs are learned on the device: a text of 1 MB, 512 tokens, within 8 MB of RAM.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { storyChunks } from '../../scripts/stories/generate.mjs';
import { buildTarget } from '../../ts/build/build.ts';
import { findTarget } from '../../ts/build/targets.ts';
import { findLaptop } from '../../ts/guest/machines.ts';
import { runGuest } from '../../ts/guest/run.ts';
import { readCheckpoint } from '../../ts/program/checkpoint.ts';
import { exec } from '../../ts/support/exec.ts';
import { useTemporaryFolder } from '../temporary.ts';

const MEGABYTE = 1024 * 1024;
const BPE = ['--tokenizer', 'bpe', '--vocab', '512'];

const folder = useTemporaryFolder();

describe('in the laptop', () => {
  test('a text of 1 MB is learned and trained on within 8 MB, as on the host', async () => {
    const text = path.join(folder(), 'text.txt');
    writeFileSync(text, [...storyChunks(3, MEGABYTE)].join(''));
    const train = ['train', ...BPE, '--ram', '8MB', '--preset', 'tiny', '--steps', '1'];
    const { program } = await buildTarget(findTarget('p3'));
    const guest = await runGuest({
      machine: findLaptop('p3-32'),
      program,
      args: [...train, '--text', '/in/text.txt', '--out', '/out/m.ckpt'],
      inputs: { '/in/text.txt': text },
      outputs: ['/out/m.ckpt'],
    });
    const [run] = guest.runs;
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(run?.maxRssKb).toBeGreaterThan(3000);
    expect(run?.maxRssKb).toBeLessThan(8 * 1024);
    const host = (await buildTarget(findTarget('host'))).program;
    const checkpoint = path.join(folder(), 'm.ckpt');
    await exec(host, [...train, '--text', text, '--out', checkpoint]);
    expect(guest.outputs.get('/out/m.ckpt')).toEqual(readFileSync(checkpoint));
    expect(readCheckpoint(readFileSync(checkpoint)).shape.vocab).toBe(512);
  });
});
