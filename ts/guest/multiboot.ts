// Packs a Linux kernel and its initramfs into one multiboot image that starts without a BIOS.
// The memory map is ours, so the machine has exactly the RAM we say. Not a boot loader for anything
// but a 32-bit bzImage.
//
//     0x090000  multiboot header, start code, segment table      (the image begins here)
//     0x091000  boot parameters: Linux' "zero page" with the memory map
//     0x092000  command line
//     0x100000  kernel, with the room it needs to unpack itself
//     above     initramfs, on a page boundary (freed by the kernel once unpacked)
import { UserError } from '../../scripts/user_error.mjs';
import { bytesOfText, viewOf } from '../support/bytes.ts';
import { writeSegments } from './segments.ts';

// What a machine starts from.
export interface BootParts {
  kernel: Uint8Array;
  initramfs: Uint8Array;
  commandLine: string;
  ramBytes: number;
  /** Whether the IDE controller of v86 is switched on first, which a BIOS would do. */
  disks?: boolean;
}

const IMAGE_AT = 0x90000;
// Where the processor enters, in 32-bit mode.
export const ENTRY_AT = IMAGE_AT + 0x40;
const SEGMENTS_AT = IMAGE_AT + 0x800;
const SEGMENTS_POINTER_AT = IMAGE_AT + 0x900;
const PARAMETERS_AT = 0x91000;
const COMMAND_LINE_AT = 0x92000;
const COMMAND_LINE_BYTES = 0x1000;
const START_BYTES = COMMAND_LINE_AT + COMMAND_LINE_BYTES - IMAGE_AT;
const STACK_TOP = 0x9f000;
const LOW_RAM_END = 0x9fc00;
const ROM_AT = 0xf0000;
const KERNEL_AT = 0x100000;
const PAGE = 4096;

// Selectors that the 32-bit Linux boot protocol asks for.
const CODE_SELECTOR = 0x10;
const DATA_SELECTOR = 0x18;

const MULTIBOOT_MAGIC = 0x1badb002;
const MULTIBOOT_OWN_ADDRESSES = 0x10000;

// Offsets in the zero page and in a bzImage (the setup header has the same place in both).
const SETUP = {
  e820Count: 0x1e8,
  sectors: 0x1f1,
  videoMode: 0x1fa,
  bootFlag: 0x1fe,
  jump: 0x200,
  magic: 0x202,
  version: 0x206,
  loader: 0x210,
  loadFlags: 0x211,
  kernelAt: 0x214,
  initramfsAt: 0x218,
  initramfsSize: 0x21c,
  commandLineAt: 0x228,
  initSize: 0x260,
  e820: 0x2d0,
} as const;
const HDRS = 0x53726448; // "HdrS"
const LOADED_HIGH = 0x01;
const UNKNOWN_LOADER = 0xff;
const NORMAL_VIDEO = 0xffff;
const E820_RAM = 1;
const E820_RESERVED = 2;

interface Kernel {
  setupHeader: Uint8Array;
  code: Uint8Array;
  /** Bytes from KERNEL_AT on that the kernel uses before it looks at the memory map. */
  room: number;
}

// Bytes that lie in RAM when the machine starts.
export interface Loaded {
  at: number;
  bytes: Uint8Array;
}

// All that lies in RAM when the processor enters at ENTRY_AT, lowest first; the rest of the RAM is
// zero. Throws a UserError when kernel and initramfs do not fit the RAM.
export function loadedParts({
  initramfs,
  commandLine,
  ramBytes,
  disks,
  ...parts
}: BootParts): Loaded[] {
  const kernel = readKernel(parts.kernel);
  const initramfsAt = Math.ceil((KERNEL_AT + kernel.room) / PAGE) * PAGE;
  const end = initramfsAt + initramfs.length;
  if (end > ramBytes) {
    throw new UserError(
      `the emulated laptop has ${ramBytes} bytes of RAM; kernel and files need ${end}`,
      { hint: 'Give it more RAM or smaller files.' },
    );
  }
  const start = new Uint8Array(START_BYTES);
  writeMultibootHeader(start, end);
  start.set([...(disks ? switchOnDisks() : []), ...startCode()], ENTRY_AT - IMAGE_AT);
  writeSegments(start, IMAGE_AT, {
    ...{ tableAt: SEGMENTS_AT, pointerAt: SEGMENTS_POINTER_AT, used: false },
    ...{ codeSelector: CODE_SELECTOR, dataSelector: DATA_SELECTOR },
  });
  writeParameters(start, kernel, { at: initramfsAt, size: initramfs.length }, ramBytes);
  writeCommandLine(start, commandLine);
  return [
    { at: IMAGE_AT, bytes: start },
    { at: KERNEL_AT, bytes: kernel.code },
    { at: initramfsAt, bytes: initramfs },
  ];
}

// The same in one piece, with the header by which a multiboot loader knows where it belongs.
export function multibootImage(parts: BootParts): Uint8Array<ArrayBuffer> {
  const loaded = loadedParts(parts);
  const end = Math.max(...loaded.map(({ at, bytes }) => at + bytes.length));
  const image = new Uint8Array(end - IMAGE_AT);
  for (const { at, bytes } of loaded) image.set(bytes, at - IMAGE_AT);
  return image;
}

function readKernel(file: Uint8Array): Kernel {
  const view = viewOf(file);
  const known =
    file.length > SETUP.e820 &&
    view.getUint16(SETUP.bootFlag, true) === 0xaa55 &&
    view.getUint32(SETUP.magic, true) === HDRS &&
    view.getUint16(SETUP.version, true) >= 0x020a;
  if (!known) {
    throw new UserError('the kernel file is not a bzImage with boot protocol 2.10 or later');
  }
  const code = file.subarray(((file[SETUP.sectors] || 4) + 1) * 512);
  const headerEnd = SETUP.magic + (file[SETUP.jump + 1] ?? 0);
  return {
    setupHeader: file.subarray(SETUP.sectors, headerEnd),
    code,
    room: Math.max(code.length, view.getUint32(SETUP.initSize, true)),
  };
}

function writeMultibootHeader(image: Uint8Array, end: number): void {
  const checksum = -(MULTIBOOT_MAGIC + MULTIBOOT_OWN_ADDRESSES) >>> 0;
  const words = [
    MULTIBOOT_MAGIC,
    MULTIBOOT_OWN_ADDRESSES,
    checksum,
    IMAGE_AT, // this header's own address
    IMAGE_AT, // load from
    end, // load up to
    end, // no zeroed part
    ENTRY_AT,
  ];
  const view = viewOf(image);
  for (const [index, word] of words.entries()) view.setUint32(index * 4, word, true);
}

// The bytes of a 32-bit number, the lowest first.
function word(value: number): number[] {
  return [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);
}

// Enters the kernel as the 32-bit boot protocol asks: flat segments, interrupts off, esi at the
// boot parameters, ebp, edi and ebx zero.
function startCode(): number[] {
  return [
    ...[0xfa, 0xfc], //                                       cli; cld
    ...[0x0f, 0x01, 0x15, ...word(SEGMENTS_POINTER_AT)], //   lgdt [pointer]
    ...[0xb8, ...word(DATA_SELECTOR)], //                     mov eax, data selector
    ...[0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xe0, 0x8e, 0xe8], //   mov ds, es, fs, gs from eax
    ...[0x8e, 0xd0], //                                       mov ss, eax
    ...[0xbc, ...word(STACK_TOP)], //                         mov esp, stack
    ...[0xbe, ...word(PARAMETERS_AT)], //                     mov esi, boot parameters
    ...[0x31, 0xed, 0x31, 0xff, 0x31, 0xdb], //               xor ebp, edi, ebx
    ...[0xea, ...word(KERNEL_AT), CODE_SELECTOR, 0], //       jmp far kernel
  ];
}

// PCI configuration registers are written through two ports: where, then what.
const PCI_ADDRESS_PORT = 0xcf8;
const PCI_DATA_PORT = 0xcfc;
// The register of v86's PIIX3, bus 0, device 30, function 0, in whose low half a bit says that the
// first channel decodes its ports. Linux takes a channel without it for one that is not there.
const IDE_TIMING = 0x8000f040;
const IDE_DECODES = 0x8000;

function switchOnDisks(): number[] {
  const out = (port: number, value: number) => [
    ...[0x66, 0xba, port & 0xff, port >> 8], //                    mov dx, port
    ...[0xb8, ...word(value)], //                                  mov eax, value
    0xef, //                                                       out dx, eax
  ];
  return [...out(PCI_ADDRESS_PORT, IDE_TIMING), ...out(PCI_DATA_PORT, IDE_DECODES)];
}

function writeParameters(
  image: Uint8Array,
  kernel: Kernel,
  initramfs: { at: number; size: number },
  ramBytes: number,
): void {
  const page = image.subarray(PARAMETERS_AT - IMAGE_AT, COMMAND_LINE_AT - IMAGE_AT);
  page.set(kernel.setupHeader, SETUP.sectors);
  const view = viewOf(page);
  view.setUint16(SETUP.videoMode, NORMAL_VIDEO, true);
  view.setUint8(SETUP.loader, UNKNOWN_LOADER);
  view.setUint8(SETUP.loadFlags, LOADED_HIGH);
  view.setUint32(SETUP.kernelAt, KERNEL_AT, true);
  view.setUint32(SETUP.initramfsAt, initramfs.at, true);
  view.setUint32(SETUP.initramfsSize, initramfs.size, true);
  view.setUint32(SETUP.commandLineAt, COMMAND_LINE_AT, true);
  const map = [
    [0, LOW_RAM_END, E820_RAM],
    [ROM_AT, KERNEL_AT - ROM_AT, E820_RESERVED],
    [KERNEL_AT, ramBytes - KERNEL_AT, E820_RAM],
  ] as const;
  view.setUint8(SETUP.e820Count, map.length);
  for (const [index, [start, size, type]] of map.entries()) {
    const at = SETUP.e820 + index * 20;
    view.setBigUint64(at, BigInt(start), true);
    view.setBigUint64(at + 8, BigInt(size), true);
    view.setUint32(at + 16, type, true);
  }
}

function writeCommandLine(image: Uint8Array, commandLine: string): void {
  if (commandLine.length >= COMMAND_LINE_BYTES)
    throw new RangeError('kernel command line too long');
  image.set(bytesOfText(commandLine), COMMAND_LINE_AT - IMAGE_AT);
}
