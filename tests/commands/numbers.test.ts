import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { measurements } from '../../ts/numbers/measurements.ts';
import { rootDir } from '../../ts/support/paths.ts';
import { runCommandLine } from './command_line.ts';

const stored = () => readFileSync(path.join(rootDir, 'docs', 'numbers.json'), 'utf8');

afterEach(() => vi.restoreAllMocks());

describe('numbers', () => {
  it('when a name is no measurement, then that is wrong usage, and nothing is built', async () => {
    const { code, said } = await runCommandLine('numbers', 'plans');
    expect(code).toBe(2);
    expect(said).toContain('there is no measurement "plans"');
    expect(said).toContain('Measurements: plan, presets, encode');
  });

  it('when listed, then each measurement has its command', async () => {
    const print = vi.spyOn(console, 'log').mockImplementation(() => {});
    expect((await runCommandLine('numbers', '--list')).code).toBe(0);
    const lines = String(print.mock.calls[0]?.[0]).split('\n');
    expect(lines).toHaveLength(measurements.length);
    expect(lines.join()).toContain('npm run emu:train -- --json --preset max64');
    for (const line of lines) expect(line).toMatch(/^(fresh|stale|none) {2}[\w-]+ /);
  });

  it('when one is checked, then it is measured, and nothing is written', async () => {
    const before = stored();
    const print = vi.spyOn(console, 'log').mockImplementation(() => {});
    const { code, said } = await runCommandLine('numbers', 'bundled-log', '--check');
    expect(said).toBe('');
    expect(code).toBe(0);
    expect(print).toHaveBeenCalledWith('every number is as it was measured');
    expect(stored()).toBe(before);
  });
});
