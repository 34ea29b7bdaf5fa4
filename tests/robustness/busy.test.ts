// The runs of tests on a busy machine, with a file that takes no time.
import { describe, expect, test } from 'vitest';
import { testBusily } from '../../ts/robustness/busy.ts';
import { createProgress } from '../../ts/support/progress.ts';
import { runCommandLine } from '../commands/command_line.ts';

describe('test-busy', () => {
  test('runs the tests as often as asked, and tells of each run', async () => {
    const said: string[] = [];
    const progress = createProgress({ write: (line) => said.push(line) });
    const settings = { times: 2, load: 1, files: ['tests/support/random.test.ts'] };
    const runs = await testBusily(settings, progress);
    expect(runs.map(({ passed, failed }) => [passed > 0, failed])).toEqual([
      [true, []],
      [true, []],
    ]);
    expect(said.at(-1)).toMatch(/^run 2 of 2: \d+ passed, 0 skipped, 0 failed in /);
  });

  test('where there is no such file, then it fails', async () => {
    const { code, said } = await runCommandLine('test-busy', '--times', '1', 'no/such.test.ts');
    expect(code).toBe(1);
    expect(said).toMatch(/1 of 1 runs did not pass|vitest wrote no report/);
  });
});
