// One job in three places: natively, under Node, and in an emulated laptop. The same words, the same
// files, one shape of result.
import { describe, expect, test } from 'vitest';
import { runAny } from '../../ts/runs/run.ts';
import { buildRunner, chooseRunners, runners } from '../../ts/runs/runners.ts';
import { storiesOf } from '../stories.ts';

const shape = '--layers 1 --heads 2 --dim 16 --context 16 --batch 2 --steps 2'.split(' ');

async function runOn(name: string) {
  const row = runners.find((runner) => runner.name === name);
  if (!row) throw new Error(`no runner ${name}`);
  const phases: string[] = [];
  const job = {
    runner: await buildRunner(row),
    commands: [
      ['train', '--text', 'text.txt', '--out', 'm.ckpt', '--log', 'm.log', ...shape],
      ['info', '--model', 'none.ckpt'],
    ],
    inputs: { 'text.txt': storiesOf(40_000) },
    outputs: ['m.ckpt', 'm.log', 'none.ckpt'],
    onPhase: (phase: string) => phases.push(phase),
  };
  return { result: await runAny(job), phases };
}

describe('one job', () => {
  test('leaves the same files and exit codes wherever it runs', async () => {
    const { result: host } = await runOn('host');
    expect([...host.files.keys()]).toEqual(['m.ckpt', 'm.log']);
    expect([...host.missing.keys()]).toEqual(['none.ckpt']);
    expect(host.laptop).toBeUndefined();
    for (const name of ['wasm', 'p3-laptop']) {
      const { result, phases } = await runOn(name);
      expect(result.files, name).toEqual(host.files);
      expect([...result.missing.keys()]).toEqual(['none.ckpt']);
      const [train, info] = result.commands;
      expect(train?.exitCode).toBe(0);
      expect(info).toMatchObject({ exitCode: host.commands[1]?.exitCode, signal: null });
      expect(info?.stderr).toBe(host.commands[1]?.stderr);
      if (name === 'wasm') continue;
      expect(phases).toContain('booting');
      expect(train?.instructions).toBeGreaterThan(1_000_000);
      expect(train?.maxRssKb).toBeGreaterThan(100);
      expect(train?.seconds).toBeNaN();
      expect(result.laptop).toMatchObject({ killedForMemory: false });
      expect(result.laptop?.cpu.modelName).toContain('Pentium III');
    }
  });
});

describe('chooseRunners', () => {
  test('when none is named, then all that are not hidden; the reference comes first', () => {
    expect(chooseRunners().some(({ hidden }) => hidden)).toBe(false);
    const names = chooseRunners(['wasm', 'host', 'wasm']).map(({ name }) => name);
    expect(names).toEqual(['host', 'wasm']);
    expect(() => chooseRunners(['p4'])).toThrow('there is no runner "p4"');
  });
});
