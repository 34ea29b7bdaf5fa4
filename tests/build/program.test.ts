import { describe, expect, it } from 'vitest';
import { builtProgram } from '../../ts/build/program.ts';
import { sha256File } from '../../ts/support/hash.ts';
import { createProgress } from '../../ts/support/progress.ts';

const progress = createProgress({ write: () => {} });

describe('builtProgram', () => {
  it('when built, then it says with what, and which bytes came of it', async () => {
    const program = await builtProgram('host-native', progress);
    expect(program.target).toBe('host-native');
    expect(program.compiler).toMatch(
      /^gcc .*\d+\.\d+.*-ffp-contract=off.*-march=native -DUSE_THREADS_BUILD -pthread$/,
    );
    expect(program.sha256).toBe(await sha256File(program.command[0]));
  });

  it('when the target is unknown, then it is wrong usage', async () => {
    await expect(builtProgram('p4', progress)).rejects.toMatchObject({ exitCode: 2 });
  });
});
