import { describe, expect, it } from 'vitest';
import { multibootImage } from '../../ts/guest/multiboot.ts';
import { fakeKernel, MB } from './fake_kernel.ts';

const IMAGE_AT = 0x90000;

function image(overrides: { ramBytes?: number; kernel?: Buffer } = {}): Buffer {
  const made = multibootImage({
    kernel: fakeKernel(),
    initramfs: Buffer.from('initramfs'),
    commandLine: 'console=ttyS0',
    ramBytes: 16 * MB,
    ...overrides,
  });
  return Buffer.from(made.buffer);
}

describe('multibootImage', () => {
  it('when made, then its multiboot header sums to zero and loads the whole image', () => {
    const made = image();
    const word = (n: number) => made.readUInt32LE(n * 4);
    expect(word(0)).toBe(0x1badb002);
    expect((word(0) + word(1) + word(2)) % 2 ** 32).toBe(0);
    expect([word(3), word(4)]).toEqual([IMAGE_AT, IMAGE_AT]);
    expect([word(5), word(6)]).toEqual([IMAGE_AT + made.length, IMAGE_AT + made.length]);
    expect(made[word(7) - IMAGE_AT]).toBe(0xfa); // the start code begins with cli
  });

  it('when made, then its parameters name kernel, files, command line and the exact RAM', () => {
    const made = image();
    const page = made.subarray(0x91000 - IMAGE_AT);
    expect(page.toString('latin1', 0x202, 0x206)).toBe('HdrS');
    expect(page.readUInt32LE(0x214)).toBe(0x100000);
    const at = page.readUInt32LE(0x218);
    expect(at % 4096).toBe(0);
    expect(at).toBeGreaterThanOrEqual(0x100000 + 2 * MB + 5);
    expect(page.readUInt32LE(0x21c)).toBe(9);
    expect(made.toString('latin1', at - IMAGE_AT)).toBe('initramfs');
    const line = page.readUInt32LE(0x228) - IMAGE_AT;
    expect(made.toString('latin1', line, line + 14)).toBe('console=ttyS0\0');
    const ranges = Array.from({ length: page.readUInt8(0x1e8) }, (_, n) => 0x2d0 + n * 20).map(
      (row) => [
        Number(page.readBigUInt64LE(row)),
        Number(page.readBigUInt64LE(row + 8)),
        page.readUInt32LE(row + 16),
      ],
    );
    expect(ranges.filter(([, , type]) => type === 1)).toEqual([
      [0, 0x9fc00, 1],
      [MB, 15 * MB, 1],
    ]);
  });

  it('when made, then the kernel without its setup sectors lies at 1 MB', () => {
    const made = image();
    expect(made.subarray(MB - IMAGE_AT, MB - IMAGE_AT + 301)).toEqual(
      Buffer.concat([Buffer.alloc(300, 0xc3), Buffer.alloc(1)]),
    );
  });

  it('when kernel and files do not fit the RAM, then it says both sizes', () => {
    expect(() => image({ ramBytes: 3 * MB })).toThrow(/3145728 bytes of RAM.*need 3149833/);
  });

  it('when the kernel is no bzImage or too old, then it is refused', () => {
    expect(() => image({ kernel: Buffer.alloc(4096) })).toThrow('not a bzImage');
    expect(() => image({ kernel: fakeKernel(0x0200) })).toThrow('not a bzImage');
  });
});
