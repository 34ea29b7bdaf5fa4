import { describe, expect, it } from 'vitest';
import { type BootParts, ENTRY_AT, loadedParts } from '../../ts/guest/multiboot.ts';
import { bootRom, ROM_BYTES } from '../../ts/guest/rom.ts';
import { fakeKernel, MB } from './fake_kernel.ts';

const ROM_AT = 2 ** 32 - ROM_BYTES;

function parts(more: Partial<BootParts> = {}): BootParts {
  const initramfs = Buffer.from('initramfs');
  return { kernel: fakeKernel(), initramfs, commandLine: 'quiet', ramBytes: 16 * MB, ...more };
}

// What the loader's code does with its table, by the ROM's bytes alone: a copy for each row.
function load(rom: Buffer): Buffer {
  const ram = Buffer.alloc(16 * MB);
  const table = rom.length - 0xe00;
  for (let row = table; rom.readUInt32LE(row + 8) > 0; row += 12) {
    const [from, to, words] = [0, 4, 8].map((at) => rom.readUInt32LE(row + at)) as [
      number,
      number,
      number,
    ];
    rom.copy(ram, to, from - ROM_AT, from - ROM_AT + words * 4);
  }
  return ram;
}

describe('bootRom', () => {
  it('when the processor begins, then its first jump leads to the loader', () => {
    const rom = bootRom(parts());
    expect(rom.length).toBe(2 * MB);
    const reset = rom.length - 16;
    expect(rom[reset]).toBe(0xe9);
    const target = (reset + 3 + rom.readInt16LE(reset + 1)) % 0x10000;
    expect(target).toBe((rom.length - 0x1000) % 0x10000);
    expect(rom.subarray(rom.length - 0x1000).subarray(0, 2)).toEqual(Buffer.from([0xfa, 0xfc]));
  });

  it('when it is loaded, then RAM is what a multiboot loader makes of the same parts', () => {
    const ram = load(bootRom(parts()));
    for (const { at, bytes } of loadedParts(parts())) {
      expect(ram.subarray(at, at + bytes.length).equals(bytes)).toBe(true);
    }
    expect(ram.includes('initramfs')).toBe(true);
    expect(ram[ENTRY_AT]).toBe(0xfa); // the start code begins with cli
  });

  it('when the loader has loaded, then it enters where the image is entered', () => {
    const rom = bootRom(parts());
    const jump = Buffer.from([0xb8, ...[0, 8, 16, 24].map((bits) => (ENTRY_AT >> bits) & 0xff)]);
    const at = rom.indexOf(jump, rom.length - 0x1000);
    expect(rom.subarray(at + 5, at + 7)).toEqual(Buffer.from([0xff, 0xe0])); // jmp eax
  });

  it('when kernel and files are more than the ROM or the RAM holds, then it says so', () => {
    const initramfs = Buffer.alloc(2 * MB);
    expect(() => bootRom(parts({ initramfs }))).toThrow(/the ROM of this PC holds 2093056$/);
    expect(() => bootRom(parts({ ramBytes: 2 * MB }))).toThrow('bytes of RAM');
  });
});
