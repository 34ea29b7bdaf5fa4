// Cyclic redundancy checks of 32 bits, the bits in reverse, begun with all set and inverted at the end;
// in Node and in a browser. Sums that are taken otherwise follow from these.

// The sum of bytes by a polynomial; `crc` continues an earlier sum.
function crcOf(polynomial: number): (bytes: Uint8Array, crc?: number) => number {
  const table = Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? polynomial : 0);
    return value;
  });
  return (bytes, crc = 0) => {
    let value = ~crc;
    for (const byte of bytes) value = (value >>> 8) ^ (table[(value ^ byte) & 0xff] ?? 0);
    return ~value >>> 0;
  };
}

// CRC-32 as in zip and PNG (IEEE 802.3).
export const crc32 = crcOf(0xedb88320);

// CRC-32C, by the polynomial of Castagnoli (RFC 3720).
export const crc32c = crcOf(0x82f63b78);
