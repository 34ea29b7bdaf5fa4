// What the program of this machine makes of the same text and settings as the page.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildTarget } from '../../ts/build/build.ts';
import { findTarget } from '../../ts/build/targets.ts';
import { exec } from '../../ts/support/exec.ts';
import { sha256 } from '../../ts/support/hash.ts';
import { storiesOf } from '../stories.ts';

// The beginning of the stories: enough for the smallest model, and trained on in seconds.
export const text = storiesOf(20_000);
export const STEPS = 40;
export const settings = { preset: 'tiny', steps: STEPS, seed: 3 };

export interface Native {
  checkpoint: Buffer;
  sha256: string;
  /** The model alone. */
  exported: Buffer;
  story: string;
  /** Memory of the training, as the program plans it. */
  plannedBytes: number;
}

export const PROMPT = 'Once upon a time';
export const TOKENS = 120;

// Trains, exports and writes with the host build, in a folder.
export async function trainNatively(folder: string): Promise<Native> {
  const at = (name: string) => path.join(folder, name);
  const { program } = await buildTarget(findTarget('host'));
  writeFileSync(at('text.txt'), text);
  const { preset, steps, seed } = settings;
  const words = ['--preset', preset, '--steps', String(steps), '--seed', String(seed)];
  const train = ['train', '--text', at('text.txt'), ...words, '--out', at('a.ckpt')];
  const { stdout: told } = await exec(program, [...train, '--log', at('a.log'), '--json']);
  await exec(program, ['export', '--model', at('a.ckpt'), '--out', at('a.llm')]);
  const prompt = ['--prompt', PROMPT, '--tokens', String(TOKENS)];
  const { stdout } = await exec(program, ['generate', '--model', at('a.ckpt'), ...prompt]);
  const checkpoint = readFileSync(at('a.ckpt'));
  const exported = readFileSync(at('a.llm'));
  return {
    checkpoint,
    sha256: sha256(checkpoint),
    exported,
    story: stdout.replace(/\n$/, ''),
    plannedBytes: Number(/"plan_bytes":(\d+)/.exec(told)?.[1]),
  };
}

// What the program makes of a command of the page in that folder: FILE is the text or the checkpoint there.
export async function checkpointOf(folder: string, command: string): Promise<Buffer> {
  const { program } = await buildTarget(findTarget('host'));
  const files = command
    .replace('--text FILE', `--text ${path.join(folder, 'text.txt')}`)
    .replace('--resume FILE', `--resume ${path.join(folder, 'a.ckpt')}`);
  const [, ...words] = files.split(' ');
  const out = path.join(folder, 'made.ckpt');
  await exec(program, [...words, '--out', out, '--force']);
  return readFileSync(out);
}
