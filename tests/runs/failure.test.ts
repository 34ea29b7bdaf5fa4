// What is said of jobs that failed in a laptop, and the last words of a program.
import { describe, expect, test } from 'vitest';
import { findLaptop } from '../../ts/guest/machines.ts';
import { checkSucceeded, lastWords } from '../../ts/runs/failure.ts';
import type { CommandResult, Job, JobResult, LaptopFacts } from '../../ts/runs/job.ts';

const succeeded: CommandResult = {
  ...{ exitCode: 0, signal: null, stdout: '', stderr: '' },
  ...{ seconds: Number.NaN, instructions: 9, maxRssKb: 1000 },
};
const killed = { ...succeeded, exitCode: 137, signal: 9, maxRssKb: 60_000 };
const laptop: LaptopFacts = {
  cpu: { modelName: 'x', cacheKb: 1, flags: [] },
  ...{ memTotalKb: 61_956, memAvailableKb: 57_596 },
  ...{ killedForMemory: true, kernelLog: ['hello', 'Out of memory: Killed process 40'] },
};
const job: Job = {
  runner: { name: 'p3-64', command: ['/b/legacy_llm'], machine: findLaptop('p3-64') },
  commands: [['methods'], ['train', '--ram', '1GB']],
  memoryClaim: '1GB',
};

function errorOf(result: Partial<JobResult>, of: Job = job): unknown {
  try {
    checkSucceeded(of, {
      commands: [],
      files: new Map(),
      missing: new Map(),
      hostSeconds: 1,
      ...result,
    });
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('checkSucceeded', () => {
  test('when all succeeded, then there is no error', () => {
    expect(errorOf({ commands: [succeeded, succeeded], laptop })).toBeUndefined();
  });

  test('when the memory did not do, then peak, memory, claim, kernel and command are said', () => {
    expect(errorOf({ commands: [succeeded, killed], laptop })).toMatchObject({
      message: 'p3-64 ran out of memory: its kernel killed the program at 60,000 kB',
      hint: [
        '57,596 kB of 61,956 kB were free, and it was told that it may use 1GB (emulated)',
        'kernel: Out of memory: Killed process 40',
        'command: /b/legacy_llm train --ram 1GB (inside p3-64)',
      ].join('\n'),
      exitCode: 1,
    });
    const { memoryClaim: _, ...unclaimed } = job;
    expect(errorOf({ commands: [succeeded, killed], laptop }, unclaimed)).toMatchObject({
      hint: expect.stringMatching(/^57,596 kB of 61,956 kB were free \(emulated\)\n/),
    });
  });

  test('when it was killed for something else, then the signal is said', () => {
    const facts = { ...laptop, killedForMemory: false };
    expect(errorOf({ commands: [killed], laptop: facts })).toMatchObject({
      message: 'p3-64: methods failed (signal 9)',
    });
  });
});

test('the last words of a program are its last line without its name, or its exit code', () => {
  const words = (stderr: string) => lastWords({ ...succeeded, exitCode: 1, stderr });
  expect(words('warning\nlegacy_llm: disk full\n')).toBe('disk full');
  expect(words('\n')).toBe('the program ended with exit code 1');
});
