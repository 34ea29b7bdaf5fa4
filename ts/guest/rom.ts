// Puts a kernel and its initramfs into the ROM of a PC that has neither BIOS nor disk. At power-on
// the processor begins in the ROM, copies what multiboot.ts lays out to its place in RAM and enters
// it, so that an emulator of a PC starts as v86 does. Not a BIOS: Linux asks for no service of one.
//
//     0xffe00000  the parts, one after the other
//     0xfffff000  start code, segment table, table of the parts
//     0xfffffff0  the first instruction that the processor carries out
import { UserError } from '../support/errors.ts';
import { type BootParts, ENTRY_AT, loadedParts } from './multiboot.ts';
import { writeSegments } from './segments.ts';

// The room that Bochs has for a ROM at the end of the address space.
export const ROM_BYTES = 2 * 1024 * 1024;

const ADDRESS_SPACE = 2 ** 32;
const ROM_AT = ADDRESS_SPACE - ROM_BYTES;
const LOADER_AT = ADDRESS_SPACE - 0x1000;
const SEGMENTS_AT = ADDRESS_SPACE - 0xf00;
const SEGMENTS_POINTER_AT = ADDRESS_SPACE - 0xe80;
const TABLE_AT = ADDRESS_SPACE - 0xe00;
const RESET_AT = ADDRESS_SPACE - 16;

const CODE_SELECTOR = 0x08;
const DATA_SELECTOR = 0x10;

// The ROM; throws a UserError when the parts do not fit it, or not the RAM.
export function bootRom(parts: BootParts): Buffer {
  const loaded = loadedParts(parts);
  const size = loaded.reduce((sum, { bytes }) => sum + wholeWords(bytes.length), 0);
  const room = LOADER_AT - ROM_AT;
  if (size > room) {
    throw new UserError(`kernel and files are ${size} bytes; the ROM of this PC holds ${room}`, {
      hint: 'Give it a shorter text.',
    });
  }
  const rom = Buffer.alloc(ROM_BYTES);
  const table: number[] = [];
  let end = 0;
  for (const { at, bytes } of loaded) {
    rom.set(bytes, end);
    table.push(ROM_AT + end, at, wholeWords(bytes.length) / 4);
    end += wholeWords(bytes.length);
  }
  writeWords(rom, TABLE_AT, [...table, 0, 0, 0]);
  writeSegments(rom, ROM_AT, {
    ...{ tableAt: SEGMENTS_AT, pointerAt: SEGMENTS_POINTER_AT, used: true },
    ...{ codeSelector: CODE_SELECTOR, dataSelector: DATA_SELECTOR },
  });
  loaderCode().copy(rom, LOADER_AT - ROM_AT);
  resetCode().copy(rom, RESET_AT - ROM_AT);
  return rom;
}

function wholeWords(bytes: number): number {
  return Math.ceil(bytes / 4) * 4;
}

function writeWords(rom: Buffer, at: number, words: readonly number[]): void {
  for (const [index, word] of words.entries()) rom.writeUInt32LE(word, at - ROM_AT + index * 4);
}

// 16-bit code begins in the last 64 kB of the address space, so near addresses are enough.
function resetCode(): Buffer {
  return Buffer.from([0xe9, ...bytesOf(LOADER_AT - (RESET_AT + 3), 2)]); // jmp near loader
}

// To 32-bit mode, then one copy for each row of the table until a row that copies nothing.
function loaderCode(): Buffer {
  const to32Bit = [
    ...[0xfa, 0xfc], //                                                    cli; cld
    ...[0x2e, 0x66, 0x0f, 0x01, 0x16, ...bytesOf(SEGMENTS_POINTER_AT, 2)], // lgdt cs:[pointer]
    ...[0x0f, 0x20, 0xc0, 0x0c, 0x01, 0x0f, 0x22, 0xc0], //                cr0 |= 1, by eax
  ];
  const jump = 8;
  const next = LOADER_AT + to32Bit.length + jump;
  return Buffer.from([
    ...to32Bit,
    ...[0x66, 0xea, ...bytesOf(next, 4), ...bytesOf(CODE_SELECTOR, 2)], // jmp far to the next line
    ...[0xb8, ...bytesOf(DATA_SELECTOR, 4), 0x8e, 0xd8, 0x8e, 0xc0], //    mov ds, es from eax
    ...[0xbb, ...bytesOf(TABLE_AT, 4)], //                                 mov ebx, table
    ...[0x8b, 0x33, 0x8b, 0x7b, 0x04], //                    row:          mov esi, edi from the row
    ...[0x8b, 0x4b, 0x08, 0xe3, 0x07], //                                  mov ecx; jecxz enter
    ...[0x83, 0xc3, 0x0c, 0xf3, 0xa5, 0xeb, 0xef], //                      next row; rep movsd; jmp row
    ...[0xb8, ...bytesOf(ENTRY_AT, 4), 0xff, 0xe0], //       enter:        jmp to the entry
  ]);
}

// The low bytes of a number, the lowest first.
function bytesOf(value: number, count: number): number[] {
  return [0, 8, 16, 24].slice(0, count).map((shift) => (value >>> shift) & 0xff);
}
