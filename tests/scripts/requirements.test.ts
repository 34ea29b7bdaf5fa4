import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import {
  groupsOf,
  installCommand,
  onPath,
  requirementFor,
  requirements,
  requirementsOf,
  tasks,
} from '../../scripts/requirements.mjs';
import { useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();

describe('the rows', () => {
  test.each(requirements.map((row) => [row.name, row] as const))(
    '%s says what for and which package',
    (_name, row) => {
      expect(row.purpose.length).toBeGreaterThan(5);
      expect(row.debian.length).toBeGreaterThan(0);
    },
  );

  test('a host build needs a compiler alone; the tests need all that a laptop and a browser do', () => {
    const names = (word: string) => requirementsOf(groupsOf(word) ?? []).map((row) => row.name);
    expect(names('host')).toEqual(['gcc', 'C library headers']);
    expect(names('wasm')).toEqual(['emcc']);
    expect(names('kernel')).toContain('Linux 6.1 source');
    expect(names('kernel')).not.toContain('emcc');
    expect(names('test')).toEqual(expect.arrayContaining(['emcc', 'Linux 6.1 source', 'gcc']));
    expect(names('node')).toEqual([]);
    expect(groupsOf('brew')).toBeUndefined();
  });

  test('every group of a row is used by a task, or by a command of its own', () => {
    const own = ['bochs', 'qemu', 'images', 'computers'];
    const used = new Set([...Object.values(tasks).flat(), ...own]);
    for (const row of requirements) for (const group of row.groups) expect(used).toContain(group);
  });
});

test('a missing command leads to its package, an unknown one to nothing', () => {
  expect(requirementFor('/usr/bin/objdump')?.howToGet).toContain(installCommand(['binutils']));
  expect(requirementFor('32-bit libgcc')?.howToGet).toContain('gcc-multilib');
  expect(requirementFor('frobnicate')).toBeUndefined();
});

test('onPath finds the tools of administrators, whoever looks', () => {
  vi.stubEnv('PATH', '/usr/bin');
  expect(onPath('mke2fs')).toMatch(/\/sbin\/mke2fs$/);
  vi.unstubAllEnvs();
});

test('onPath finds commands and no folders', () => {
  expect(onPath('node')).toMatch(/\/node$/);
  expect(onPath('no-such-command')).toBeUndefined();
});

test('a gcc that names its 64-bit libgcc for -m32, too, has no 32-bit one', () => {
  const libgcc = path.join(folder(), 'libgcc.a');
  writeFileSync(libgcc, '');
  const found = (script: string) => {
    writeFileSync(path.join(folder(), 'gcc'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    vi.stubEnv('PATH', `${folder()}:${process.env.PATH}`);
    try {
      return requirementFor('32-bit libgcc')?.row.find();
    } finally {
      vi.unstubAllEnvs();
    }
  };
  expect(found(`echo ${libgcc}`)).toBeUndefined();
  expect(found(`[ "$1" = -m32 ] && echo ${libgcc} || echo /elsewhere/libgcc.a`)).toBe(libgcc);
});
