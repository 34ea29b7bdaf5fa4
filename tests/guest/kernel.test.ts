import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { ensureKernel, lostOptions, parseFragment } from '../../ts/guest/kernel.ts';
import { hasKernelSum } from '../../ts/guest/kernel_sum.ts';

describe('lostOptions', () => {
  const fragment = parseFragment('# a comment\nCONFIG_A=y\nCONFIG_B=n\nCONFIG_C="x"\n');

  it('when every option survived, then none is lost; "n" may be unset or absent', () => {
    expect(lostOptions(fragment, 'CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_C="x"\n')).toEqual([]);
    expect(lostOptions(fragment, 'CONFIG_C="x"\nCONFIG_A=y\n')).toEqual([]);
  });

  it('when options changed or went, then each is named with what became of it', () => {
    expect(lostOptions(fragment, '# CONFIG_A is not set\nCONFIG_B=y\nCONFIG_C="x"\n')).toEqual([
      'CONFIG_A=y became n',
      'CONFIG_B=n became y',
    ]);
  });
});

describe('emu/kernel.config', () => {
  it('when read, then every line that is no comment is an option', () => {
    const text = readFileSync(new URL('../../emu/kernel.config', import.meta.url), 'utf8');
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(parseFragment(text).size).toBe(lines.length);
  });
});

describe('the sum at the end of a kernel', () => {
  it('when the kernel is whole, then it agrees; when a bit has changed or the end is cut off, not', async () => {
    const image = await readFile(await ensureKernel());
    expect(hasKernelSum(image)).toBe(true);
    expect(hasKernelSum(image.subarray(0, image.length - 16))).toBe(false);
    expect(hasKernelSum(Buffer.alloc(2))).toBe(false);
    image.writeUInt8(image.readUInt8(image.length >> 1) ^ 4, image.length >> 1);
    expect(hasKernelSum(image)).toBe(false);
  });
});
