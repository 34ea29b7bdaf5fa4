import { describe, expect, test } from 'vitest';
import { processors } from '../../ts/build/processors.ts';
import { withoutUnpack } from '../../ts/build/replacements.ts';
import {
  defaultTargets,
  findTarget,
  folderFlags,
  startOf,
  targets,
} from '../../ts/build/targets.ts';

describe('the rows', () => {
  test('seven targets are built by default, and the wrong-on-purpose one is not', () => {
    expect(defaultTargets().map((target) => target.name)).toEqual([
      ...['host', 'host-sse', 'host-avx2', 'p2', 'p3', 'wasm', 'wasm-simd'],
    ]);
    expect(findTarget('host-fast-math').hidden).toBe(true);
  });

  test('each other processor has a target, which is built when it is asked for', () => {
    const foreign = targets.filter(({ processor }) => processor !== undefined);
    expect(foreign.map(({ processor }) => processor)).toEqual(Object.keys(processors));
    expect(foreign.every(({ hidden, libc }) => hidden && libc === 'cross')).toBe(true);
    expect(startOf(findTarget('ppc'), '/p')).toEqual(['qemu-ppc-static', '-cpu', '750', '/p']);
    expect(startOf(findTarget('host'), '/p')).toEqual(['/p']);
  });

  test('the builds for the page are those of WebAssembly, and no program to start', () => {
    const flagsOf = (name: string) => findTarget(name).flags;
    expect(flagsOf('page')).toEqual(flagsOf('wasm'));
    expect(flagsOf('page-simd')).toEqual(flagsOf('wasm-simd'));
    expect(() => startOf(findTarget('page'), '/p')).toThrow('is no program');
  });

  test('names are unique', () => {
    expect(new Set(targets.map((target) => target.name)).size).toBe(targets.length);
  });

  test.each(targets.filter((target) => target.name !== 'host-fast-math'))(
    '$name keeps the arithmetic contract: no contraction, nothing that relaxes rounding',
    ({ flags }) => {
      expect(flags).toContain('-ffp-contract=off');
      expect(flags).toContain('-std=c99');
      expect(flags.filter((flag) => /fast-math|Ofast|mfma|unsafe/.test(flag))).toEqual([]);
    },
  );

  test('only the hidden host-native takes whatever instructions this machine has', () => {
    const native = targets.filter(({ flags }) => flags.includes('-march=native'));
    expect(native.map(({ name, hidden }) => [name, hidden])).toEqual([['host-native', true]]);
  });

  test('only the baseline, which is compared with nothing, is compiled with -ffast-math', () => {
    expect(Object.keys(folderFlags)).toEqual(['c/baseline']);
    expect(folderFlags['c/baseline']?.gcc).toContain('-ffast-math');
    expect(folderFlags['c/baseline']?.emcc).toContain('-ffast-math');
  });

  test('AVX2 is asked for by its kernels alone, and threads are for this machine alone', () => {
    for (const { name, flags } of targets) {
      expect(flags.filter((flag) => /mavx|mfma/.test(flag))).toEqual([]);
      expect([name, flags.includes('-pthread')]).toEqual([
        name,
        /^host/.test(name) && name !== 'host-fast-math',
      ]);
    }
    expect(findTarget('host-avx2').flags).toContain('-DUSE_SSE_BUILD');
  });

  test('gcc on x87 must not evaluate in long double', () => {
    for (const target of targets.filter((row) => row.compiler === 'gcc')) {
      expect(target.flags).toContain('-fexcess-precision=fast');
    }
  });

  test('the build for Bochs is p3 but for its replacements, which no other target has', () => {
    const [p3, forBochs] = [findTarget('p3'), findTarget('p3-bochs')];
    expect({ ...forBochs, name: p3.name, title: p3.title }).toEqual({
      ...{ ...p3, hidden: true },
      replacements: withoutUnpack,
    });
    expect(targets.filter(({ replacements }) => replacements)).toEqual([forBochs]);
  });

  test('compiler and assembler of the i386 targets are held to their level', () => {
    expect(findTarget('p2').flags).toEqual(
      expect.arrayContaining(['-m32', '-march=pentium2', '-mno-sse', '-Wa,-march=pentiumii']),
    );
    expect(findTarget('p3').flags).toEqual(
      expect.arrayContaining(['-m32', '-march=pentium3', '-mno-sse2', '-Wa,-march=pentiumiii']),
    );
  });
});

test('when a name is no target, then the error is wrong usage and lists the names', () => {
  expect(() => findTarget('p4')).toThrow(
    expect.objectContaining({
      message: 'there is no target "p4"',
      exitCode: 2,
      hint: expect.stringContaining('host, host-sse, host-avx2, p2, p3'),
    }),
  );
});
