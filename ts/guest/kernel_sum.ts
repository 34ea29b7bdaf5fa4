// The checksum that Linux puts at the end of a bzImage: CRC-32 (IEEE 802.3), begun with all bits set
// and not inverted at the end, over what comes before, padded to 16 bytes.
const POLYNOMIAL = 0xedb88320;

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? POLYNOMIAL : 0);
  return value;
});

function crc(data: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of data) sum = (sum >>> 8) ^ (table[(sum ^ byte) & 0xff] ?? 0);
  return sum >>> 0;
}

// Whether the last four bytes of an image are the sum of all before them.
export function hasKernelSum(image: Buffer): boolean {
  if (image.length < 4) return false;
  const end = image.length - 4;
  return crc(image.subarray(0, end)) === image.readUInt32LE(end);
}
