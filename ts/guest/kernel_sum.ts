// The checksum that Linux puts at the end of a bzImage: CRC-32 (IEEE 802.3), begun with all bits set
// and not inverted at the end, over what comes before, padded to 16 bytes.
import { crc32 } from '../support/crc.ts';

// Whether the last four bytes of an image are the sum of all before them.
export function hasKernelSum(image: Buffer): boolean {
  if (image.length < 4) return false;
  const end = image.length - 4;
  return ~crc32(image.subarray(0, end)) >>> 0 === image.readUInt32LE(end);
}
