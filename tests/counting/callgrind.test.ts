// The counting of instructions, with a valgrind that is a script.
import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { countRow } from '../../ts/counting/callgrind.ts';
import { useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();
const before = process.env.PATH;
afterEach(() => {
  process.env.PATH = before;
});

// Puts a valgrind first on the PATH whose program takes 1000 instructions and 70 a repeat.
async function fakeValgrind(body: string): Promise<void> {
  const file = path.join(folder(), 'valgrind');
  await writeFile(file, `#!/bin/sh\n${body}\n`);
  await chmod(file, 0o755);
  process.env.PATH = `${folder()}:${before}`;
}

const COUNTING = `
while [ "$1" != --repeat ]; do shift; done
echo '{"event":"bench","name":"step"}'
echo "==1== Collected : $((1000 + 70 * $2))" >&2`;

describe('countRow', () => {
  it('gives what one repeat takes, without the start', async () => {
    await fakeValgrind(COUNTING);
    const counted = await countRow('legacy_llm', 'step', 'fast', ['--dim', '32']);
    expect(counted).toEqual({ row: 'step', form: 'fast', instructions: 70 });
  });

  it('gives nothing where a row has no such form', async () => {
    await fakeValgrind(COUNTING.replace('"bench"', '"bench_plan"'));
    expect(await countRow('legacy_llm', 'scales', 'fp32', [])).toBeUndefined();
  });

  it('says so when there is no count', async () => {
    await fakeValgrind('echo nothing >&2');
    await expect(countRow('legacy_llm', 'step', 'fast', [])).rejects.toThrow(/no count/);
  });
});
