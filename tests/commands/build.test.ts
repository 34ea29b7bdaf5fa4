import { expect, test } from 'vitest';
import { chooseTargets, listTargets } from '../../ts/commands/build.ts';

test('without --only, all targets that are not hidden', () => {
  expect(chooseTargets(undefined)).toHaveLength(7);
});

test('--only takes each named target once, hidden ones too', () => {
  const names = chooseTargets(['p3', 'host-fast-math', 'p3']).map((target) => target.name);
  expect(names).toEqual(['p3', 'host-fast-math']);
});

test('the list shows compiler and flags of each row', () => {
  const text = listTargets();
  expect(text).toContain('Pentium III, SSE and MMX kernels, static');
  expect(text).toContain('gcc -std=c99');
  expect(text).toContain('(only with --only)');
});
