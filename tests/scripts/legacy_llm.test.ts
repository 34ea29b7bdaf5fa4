import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { rootDir } from '../../ts/support/paths.ts';

function run(...args: string[]) {
  const bin = path.join(rootDir, 'scripts/legacy-llm.mjs');
  return spawnSync(process.execPath, [bin, ...args], { encoding: 'utf8' });
}

describe('the legacy-llm command', () => {
  test('hands its arguments over and passes the output on', () => {
    const { status, stdout } = run('build', '--list');
    expect(status).toBe(0);
    expect(stdout).toContain('-DUSE_SSE_BUILD');
  });

  test('passes the exit code of wrong usage on', () => {
    const { status, stderr } = run('build', '--only', 'p4');
    expect(status).toBe(2);
    expect(stderr).toContain('there is no target "p4"');
  });
});
