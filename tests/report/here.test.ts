// Timed runs of small programs of our own: their order, and what becomes of one that fails.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { timePrograms, whyNot } from '../../ts/report/here.ts';
import type { ReportSettings } from '../../ts/report/scenario.ts';
import type { BuiltRunner } from '../../ts/runs/job.ts';
import type { UserError } from '../../ts/support/errors.ts';
import { useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();

// A program that leaves the same files each time; "drift" makes its story differ by the clock.
function fakeProgram(name: string, drift = false): BuiltRunner {
  const file = path.join(folder(), name);
  const script = [
    `#!${process.execPath}`,
    "const fs = require('node:fs');",
    'const words = process.argv.slice(2);',
    'const option = (name) => words[words.indexOf(name) + 1];',
    "if (words[0] === 'train') for (const name of ['--out', '--log'])",
    '  fs.writeFileSync(option(name), name);',
    "if (words[0] === 'generate')",
    `  fs.writeFileSync(option('--out'), ${drift ? 'String(process.hrtime.bigint())' : "'x'"});`,
  ];
  writeFileSync(file, script.join('\n'), { mode: 0o755 });
  return { name, command: [file] };
}

const settings = (runs: number): ReportSettings => ({
  ...{ settings: { steps: 2, seed: 1 }, text: 'text', tokens: 9, runs },
});

async function timed(programs: readonly BuiltRunner[], runs: number) {
  const order: string[] = [];
  const failures: string[] = [];
  const results = await timePrograms(programs, settings(runs), async ({ name }, round, run) => {
    order.push(`${name} ${round}`);
    return run().catch((error: UserError) => void failures.push(error.message));
  });
  return { order, failures, results };
}

describe('timePrograms', () => {
  it('when there are two, then they take turns, and each run is timed', async () => {
    const { order, results } = await timed([fakeProgram('a'), fakeProgram('b')], 2);
    expect(order).toEqual(['a 1', 'b 1', 'a 2', 'b 2']);
    expect([...results.keys()]).toEqual(['a', 'b']);
    const { startup, train, generate } = results.get('a')?.timed ?? {};
    for (const times of [startup, train, generate]) expect(times).toHaveLength(2);
    expect(results.get('b')?.evidence.log?.toString()).toBe('--log');
  });

  it('when one makes other bits each time, then it alone is left out', async () => {
    const { failures, results } = await timed([fakeProgram('a', true), fakeProgram('b')], 3);
    expect(failures).toEqual(['a made other bits when it ran again: story']);
    expect([...results.keys()]).toEqual(['b']);
  });
});

describe('whyNot', () => {
  it('when a program runs, then there is no reason', async () => {
    expect(await whyNot(fakeProgram('a'))).toBeUndefined();
  });

  it('when this machine cannot start it, then that is the reason', async () => {
    const file = path.join(folder(), 'other');
    writeFileSync(file, Buffer.from([0x7f, 0x45, 0x4c, 0x46, 9, 9]), { mode: 0o755 });
    expect(await whyNot({ name: 'other', command: [file] })).toMatch(
      /could not be started|exit code 12\d/,
    );
  });
});
