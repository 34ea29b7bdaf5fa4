import { describe, expect, test } from 'vitest';
import {
  installCommand,
  onPath,
  requirementFor,
  requirements,
  requirementsOf,
  tasks,
} from '../../scripts/requirements.mjs';

describe('the rows', () => {
  test.each(requirements.map((row) => [row.name, row] as const))(
    '%s says what for and which package',
    (_name, row) => {
      expect(row.purpose.length).toBeGreaterThan(5);
      expect(row.debian.length).toBeGreaterThan(0);
    },
  );

  test('emulated training needs the kernel and no Emscripten; the tests need both', () => {
    const names = (task: string) => requirementsOf(task).map((row) => row.name);
    expect(names('emu')).toContain('Linux 6.1 source');
    expect(names('emu')).not.toContain('emcc');
    expect(names('test')).toEqual(expect.arrayContaining(['emcc', 'Linux 6.1 source', 'gcc']));
    expect(names('node')).toEqual([]);
  });

  test('every group of a row is used by a task', () => {
    const used = new Set(Object.values(tasks).flat());
    for (const row of requirements) expect(used).toContain(row.group);
  });
});

test('a missing command leads to its package, an unknown one to nothing', () => {
  expect(requirementFor('/usr/bin/objdump')?.howToGet).toContain(installCommand(['binutils']));
  expect(requirementFor('32-bit libgcc')?.howToGet).toContain('gcc-multilib');
  expect(requirementFor('frobnicate')).toBeUndefined();
});

test('onPath finds commands and no folders', () => {
  expect(onPath('node')).toMatch(/\/node$/);
  expect(onPath('no-such-command')).toBeUndefined();
});
