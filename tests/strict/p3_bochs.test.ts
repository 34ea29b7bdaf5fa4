// The build for Bochs, as it is built: p3 but for the two instructions. That it has p3's bits is shown
// by `npm run emu:strict`.
import { expect, test } from 'vitest';
import { buildTarget } from '../../ts/build/build.ts';
import { disassembleText } from '../../ts/build/disassembly.ts';
import { checkReplaced, withoutUnpack } from '../../ts/build/replacements.ts';
import { findTarget } from '../../ts/build/targets.ts';

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
