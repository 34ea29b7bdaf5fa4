// Processors of other kinds than a PC's, big-endian ones among them, leave the same bits; and a training
// moves from one to the next as if it had never stopped.
import { describe, expect, test } from 'vitest';
import { onPath } from '../../scripts/requirements.mjs';
import { checkParity } from '../../ts/parity/parity.ts';
import { fileOf } from '../../ts/runs/job.ts';
import { run } from '../../ts/runs/run.ts';
import {
  buildRunner,
  chooseRunners,
  type Runner,
  runners,
  whyNotHere,
} from '../../ts/runs/runners.ts';
import { sha256 } from '../../ts/support/hash.ts';
import { testWith } from '../needs.ts';
import { foreignRunners, odd, scenario } from './scenarios.ts';

const emulators = ['qemu-ppc-static'];
const HOW_TO = 'install qemu-user-static';
const text = scenario(1).text;

describe('other processors', () => {
  testWith(emulators, HOW_TO, 'they all leave the bits of this machine', async () => {
    const result = await checkParity(scenario(6, odd), [
      ...chooseRunners(['host']),
      ...foreignRunners,
    ]);
    expect(result.notRun).toEqual([]);
    expect(result.rows.map(({ runner }) => runner)).toEqual(
      ['host', 'ppc', 'aarch64', 's390x', 'riscv64'], // nobody was left out
    );
    expect(result.rows.flatMap(({ first }) => first ?? [])).toEqual([]);
    expect(new Set(result.rows.map(({ hashes }) => hashes.checkpoint)).size).toBe(1);
  });

  testWith(emulators, HOW_TO, 'a checkpoint travels through eight builds', async () => {
    const names = ['wasm', 'ppc', 'p3', 's390x', 'p2', 'aarch64', 'host-sse', 'riscv64'];
    const whole = await trainOn('host', String(names.length));
    let checkpoint: Buffer | undefined;
    for (const [index, name] of names.entries()) {
      checkpoint = await trainOn(name, String(names.length), String(index + 1), checkpoint);
    }
    expect(sha256(checkpoint ?? '')).toBe(sha256(whole));
  });

  test('one that cannot run here is named, with what it takes, and is not counted', async () => {
    const [ppc] = foreignRunners as [Runner];
    const before = process.env.PATH;
    try {
      process.env.PATH = '/nowhere';
      expect(onPath('qemu-ppc-static')).toBeUndefined();
      const why = 'qemu-ppc-static is missing: install qemu-user-static';
      expect(whyNotHere(ppc)).toBe(why);
      expect(whyNotHere(runners[0] as Runner)).toBeUndefined();
    } finally {
      process.env.PATH = before;
    }
  });
});

const shape = '--layers 1 --heads 2 --dim 20 --context 16 --batch 2'.split(' ');

// The checkpoint of a training of so many steps that a build stops, or goes on with.
async function trainOn(name: string, steps: string, stopAfter = steps, from?: Buffer) {
  const row = runners.find((each) => each.name === name) as Runner;
  const how = from ? ['--resume', 'before.ckpt'] : [...shape, '--steps', steps];
  const files = ['--text', 'text.txt', '--out', 'after.ckpt'];
  const result = await run({
    runner: await buildRunner(row),
    commands: [['train', ...files, ...how, '--stop-after', stopAfter]],
    inputs: { 'text.txt': text, ...(from && { 'before.ckpt': from }) },
    outputs: ['after.ckpt'],
  });
  return fileOf(result, 'after.ckpt');
}
