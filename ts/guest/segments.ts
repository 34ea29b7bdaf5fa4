// The flat segments that 32-bit code needs, and the pointer to their table that lgdt reads: in the image of
// multiboot.ts, and in the ROM of rom.ts.
import { viewOf } from '../support/bytes.ts';

// Where they stand in the address space, and by which selectors they are known.
export interface FlatSegments {
  tableAt: number;
  pointerAt: number;
  codeSelector: number;
  /** The last of the table. */
  dataSelector: number;
  /** Whether they are marked as used already, for the processor cannot mark them in a ROM. */
  used: boolean;
}

const FLAT_CODE = 0x00cf9a000000ffffn;
const FLAT_DATA = 0x00cf92000000ffffn;
const USED = 1n << 40n;
const SEGMENT_BYTES = 8;

// Writes both into memory that begins at that address.
export function writeSegments(memory: Uint8Array, memoryAt: number, segments: FlatSegments): void {
  const { tableAt, pointerAt, codeSelector, dataSelector } = segments;
  const used = segments.used ? USED : 0n;
  const view = viewOf(memory);
  view.setBigUint64(tableAt - memoryAt + codeSelector, FLAT_CODE | used, true);
  view.setBigUint64(tableAt - memoryAt + dataSelector, FLAT_DATA | used, true);
  view.setUint16(pointerAt - memoryAt, dataSelector + SEGMENT_BYTES - 1, true);
  view.setUint32(pointerAt - memoryAt + 2, tableAt, true);
}
