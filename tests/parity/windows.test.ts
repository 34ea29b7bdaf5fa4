// The build for Windows leaves the bits of this machine.
import { afterEach, expect, test, vi } from 'vitest';
import { findTarget, startOf } from '../../ts/build/targets.ts';
import { parityText } from '../../ts/commands/parity.ts';
import { checkParity } from '../../ts/parity/parity.ts';
import { chooseRunners, isForeign, whyNotHere } from '../../ts/runs/runners.ts';
import { testWith } from '../needs.ts';
import { base, odd, scenario } from './scenarios.ts';

const tools = ['wine', 'i686-w64-mingw32-gcc'];
const HOW_TO = 'install wine32 and gcc-mingw-w64-i686-win32';

afterEach(() => vi.unstubAllEnvs());

test('without Wine it is named, with what it takes, and does not count', () => {
  vi.stubEnv('PATH', '/nowhere');
  const [host, windows] = chooseRunners(['win32']);
  if (!host || !windows) throw new Error('no runner');
  const why = 'wine is missing: install wine32';
  expect(whyNotHere(host)).toBeUndefined();
  expect(whyNotHere(windows)).toBe(why);
  expect(isForeign(windows)).toBe(true); // so the report does not look for its program
  expect(startOf(findTarget('win32'), '/p')).toEqual(['wine', '/p']);
  const table = parityText({ equal: true, rows: [], notRun: [{ runner: 'win32', why }] });
  expect(table).toContain(`win32  not run here: ${why}\none checkpoint over 0 builds`);
});

for (const [name, settings] of Object.entries({ base, odd })) {
  testWith(tools, HOW_TO, `the shape ${name} gives one hash under Wine`, async () => {
    const result = await checkParity(scenario(12, settings), chooseRunners(['win32']));
    expect(result.rows.map(({ runner }) => runner)).toEqual(['host', 'win32']);
    expect(result.rows.flatMap(({ first }) => first ?? [])).toEqual([]);
    expect(result.equal).toBe(true);
    for (const { hashes } of result.rows) {
      expect(Object.keys(hashes)).toEqual(['log', 'checkpoint', 'evaluation', 'story']);
    }
  });
}
