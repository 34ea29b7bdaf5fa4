// The build for Windows leaves the bits of this machine.
import { expect } from 'vitest';
import { checkParity } from '../../ts/parity/parity.ts';
import { chooseRunners } from '../../ts/runs/runners.ts';
import { testWith } from '../needs.ts';
import { base, odd, scenario } from './scenarios.ts';

const tools = ['wine', 'i686-w64-mingw32-gcc'];
const HOW_TO = 'install wine32 and gcc-mingw-w64-i686-win32';

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
