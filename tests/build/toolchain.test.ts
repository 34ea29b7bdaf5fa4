import { afterEach, describe, expect, test, vi } from 'vitest';
import { findTarget } from '../../ts/build/targets.ts';
import { stackSetting, toolchainOf } from '../../ts/build/toolchain.ts';

afterEach(() => vi.unstubAllEnvs());

describe('a missing compiler', () => {
  test.each([
    ['wasm', 'emcc', 'emscripten'],
    ['p3', 'gcc', 'gcc'],
    ['win32', 'i686-w64-mingw32-gcc', 'gcc-mingw-w64-i686-win32'],
  ])('of %s: %s is named with the package %s', async (target, command, debian) => {
    vi.stubEnv('PATH', '/nowhere');
    vi.stubEnv('XDG_CACHE_HOME', '/nowhere'); // where Emscripten may be unpacked by itself
    await expect(toolchainOf(findTarget(target))).rejects.toMatchObject({
      message: `${command} is not installed (needed for target ${target})`,
      hint: expect.stringContaining(`apt-get install --no-install-recommends ${debian}`),
    });
  });
});

test('the i386 toolchain takes nothing from the C library of the system', async () => {
  const toolchain = await toolchainOf(findTarget('p3'));
  expect(toolchain.compileArgs).toContain('-nostdinc');
  const link = toolchain.linkArgs(['a.o'], 'out');
  expect(link).toEqual(expect.arrayContaining(['-nostdlib', '-static', 'a.o']));
  expect(toolchain.libcVersion).toMatch(/^musl /);
});

test('the stack setting is left out where Emscripten does not know it', () => {
  expect(stackSetting('emcc (Emscripten) 3.1.6 ()')).toEqual([]);
  expect(stackSetting('emcc (Emscripten) 3.1.27')).toEqual(['-sSTACK_SIZE=1048576']);
  expect(stackSetting('emcc (Emscripten) 4.0.2 (abc)')).toEqual(['-sSTACK_SIZE=1048576']);
});
