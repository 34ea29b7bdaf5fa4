// The rows of images against what they name: options of kernels, targets, and the paths that the
// menu knows.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { findTarget } from '../../ts/build/targets.ts';
import { parseFragment, readFragments } from '../../ts/guest/kernel.ts';
import { bochsComputer } from '../../ts/images/bochs.ts';
import { qemuArguments } from '../../ts/images/qemu.ts';
import { findImage, images } from '../../ts/images/rows.ts';
import { nameOf, trials } from '../../ts/images/trials.ts';
import { rootDir } from '../../ts/support/paths.ts';

const read = (name: string) => readFileSync(path.join(rootDir, name), 'utf8');

describe.each(images.map((image) => [image.name, image] as const))('%s', (_, image) => {
  test('every line of its options that is no comment is an option', () => {
    for (const name of image.kernel.fragments) {
      const lines = read(name)
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'));
      expect(parseFragment(read(name)).size).toBe(lines.length);
    }
  });

  test('its programs are static i386 builds, under the names that the menu runs', () => {
    for (const [inside, name] of Object.entries(image.programs)) {
      expect(findTarget(name).libc).toBe('musl-i386');
      expect(read('emu/boot/menu.c')).toContain(`"${inside}"`);
    }
    expect(findTarget(image.programs['/legacy_llm'] ?? '').level).toBe('pentium2');
  });

  test('there is a trial of it in each emulator', () => {
    const own = trials.filter((trial) => trial.image === image.name);
    expect(new Set(own.map(({ emulator }) => emulator))).toEqual(new Set(['qemu', 'v86', 'bochs']));
  });
});

test('a later file of options overrules those before it', async () => {
  const disc = await readFragments(findImage('disc').kernel.fragments);
  const floppy = await readFragments(findImage('floppy').kernel.fragments);
  expect([floppy.get('CONFIG_BLOCK'), disc.get('CONFIG_BLOCK')]).toEqual(['n', 'y']);
  expect([floppy.get('CONFIG_VT'), disc.get('CONFIG_VT')]).toEqual(['y', 'y']);
  expect(floppy.get('CONFIG_KERNEL_GZIP')).toBe('n');
});

test('an image that is none is wrong usage', () => {
  expect(() => findImage('cdrom')).toThrow('there is no image "cdrom"');
});

describe('a computer in Bochs', () => {
  const setup = { cpu: 'pentium2', ramMb: 16, image: '/a b.iso', drive: 'cd' } as const;

  test('has the processor, memory, drive and serial line of its row', () => {
    const lines = bochsComputer(setup, 7000).trim().split('\n');
    expect(lines.filter((line) => /^(cpu|memory|ata0-master|boot|com1):/.test(line))).toEqual([
      'cpu: model=p2_klamath, count=1, ips=20000000, reset_on_triple_fault=0',
      'memory: guest=16, host=16',
      'ata0-master: type=cdrom, path="/a b.iso", status=inserted',
      'boot: cdrom',
      'com1: enabled=1, mode=socket-client, dev=127.0.0.1:7000',
    ]);
  });

  test('boots from no drive that this is not written for', () => {
    expect(() => bochsComputer({ ...setup, drive: 'usb' }, 7000)).toThrow('boots from no usb here');
  });
});

describe('a computer in QEMU', () => {
  const setup = { cpu: 'pentium2', ramMb: 16, image: '/a,b.img', drive: 'floppy' } as const;

  test('has the processor, memory and drives of its row', () => {
    const words = qemuArguments(setup, '/work').join(' ');
    expect(words).toContain('-cpu pentium2 -m 16');
    expect(words).toContain('-drive if=floppy,index=0,file=/a,,b.img,format=raw');
    expect(words).not.toContain('usb');
  });

  test('boots from a stick where the image is on one', () => {
    const other = { image: 'b', drive: 'disk' } as const;
    const words = qemuArguments({ ...setup, image: 'a', drive: 'usb', other }, '/work').join(' ');
    expect(words).toContain('-device usb-storage,drive=stick0,bootindex=1');
    expect(words).toContain('if=ide,index=1,file=b');
  });
});

test('every trial has a name of its own', () => {
  expect(new Set(trials.map(nameOf)).size).toBe(trials.length);
});
