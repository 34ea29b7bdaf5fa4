// The build for Bochs, as it is built: p3 but for the two instructions, and with p3's bits.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { buildTarget } from '../../ts/build/build.ts';
import { disassembleText } from '../../ts/build/disassembly.ts';
import { checkReplaced, withoutUnpack } from '../../ts/build/replacements.ts';
import { findTarget } from '../../ts/build/targets.ts';
import { checkParity } from '../../ts/parity/parity.ts';
import { chooseRunners } from '../../ts/runs/runners.ts';
import { sampleText } from '../../ts/stories/text.ts';
import { odd, scenario } from '../parity/scenarios.ts';

const TEXT_BYTES = 40_000;
const UNPACK = /\bunpck[lh]ps\b/g;

async function programOf(name: string): Promise<string> {
  return (await buildTarget(findTarget(name))).program;
}

test('each of the two instructions is replaced, and nothing else differs', async () => {
  const [p3, forBochs] = [await programOf('p3'), await programOf('p3-bochs')];
  const before = (await disassembleText(p3)).match(UNPACK) ?? [];
  expect(before.length).toBeGreaterThan(50);
  expect(await disassembleText(forBochs)).not.toMatch(UNPACK);
  const { replaced, instructions } = await checkReplaced(p3, forBochs, withoutUnpack);
  expect(replaced).toBe(before.length);
  expect(instructions).toBeGreaterThan(100_000);
});

test('a program that differs in more is found: p2 is not p3 for Bochs', async () => {
  const [p3, p2] = [await programOf('p3'), await programOf('p2')];
  await expect(checkReplaced(p3, p2, withoutUnpack)).rejects.toThrow(/^in function \S+ stands/);
});

test('in the laptop it trains and writes the bits of the host and of p3', async () => {
  const inLaptop = { name: 'p3-bochs-laptop', target: 'p3-bochs', machine: 'p3-64' };
  const chosen = [...chooseRunners(['p3-laptop']), inLaptop];
  const text = readFileSync(sampleText).subarray(0, TEXT_BYTES);
  const result = await checkParity({ ...scenario(6, odd), text }, chosen);
  expect(result.rows.map(({ runner }) => runner)).toEqual(['host', 'p3-laptop', 'p3-bochs-laptop']);
  expect(result.rows.flatMap(({ first }) => first ?? [])).toEqual([]);
  expect(result.equal).toBe(true);
});
