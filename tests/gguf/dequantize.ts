// The weights of a GGUF file as numbers, by the layouts that c/src/gguf/blocks.h draws: written anew,
// from the bytes on.

// What one type is: codes and bytes of a block, and the values of a block.
interface Type {
  codes: number;
  bytes: number;
  values: (block: DataView) => number[];
}

const range = (count: number) => [...new Array(count).keys()];

// A binary16 number.
function half(block: DataView, at: number): number {
  const bits = block.getUint16(at, true);
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  return sign * (exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24);
}

const pair = (byte: number, place: number) => ((byte >> (2 * place)) & 3) - 1;

// The digit of place 0..4 of a byte, which is 256/243 of a number to base 3, rounded up.
const digit = (byte: number, place: number) =>
  Math.floor((((byte * 3 ** place) % 256) * 3) / 256) - 1;

const digits = (block: DataView, from: number, bytes: number, places: number) =>
  range(places).flatMap((place) => range(bytes).map((i) => digit(block.getUint8(from + i), place)));

const types: Readonly<Record<number, Type>> = {
  0: { codes: 1, bytes: 4, values: (block) => [block.getFloat32(0, true)] },
  1: { codes: 1, bytes: 2, values: (block) => [half(block, 0)] },
  2: {
    codes: 32,
    bytes: 18,
    values: (block) =>
      range(32).map((i) => {
        const byte = block.getUint8(2 + (i % 16));
        return half(block, 0) * ((i < 16 ? byte & 15 : byte >> 4) - 8);
      }),
  },
  34: {
    codes: 256,
    bytes: 54,
    values: (block) =>
      [...digits(block, 0, 32, 5), ...digits(block, 32, 16, 5), ...digits(block, 48, 4, 4)].map(
        (code) => half(block, 52) * code,
      ),
  },
  35: {
    codes: 256,
    bytes: 66,
    values: (block) =>
      range(256).map((i) => {
        const byte = block.getUint8(32 * Math.floor(i / 128) + (i % 32));
        return half(block, 64) * pair(byte, Math.floor((i % 128) / 32));
      }),
  },
  42: {
    codes: 64,
    bytes: 18,
    values: (block) =>
      range(64).map((i) => half(block, 0) * pair(block.getUint8(2 + Math.floor(i / 4)), i % 4)),
  },
};

// `count` values of a type that begin at a byte of a file.
export function dequantize(file: Uint8Array, at: number, type: number, count: number): number[] {
  const row = types[type];
  if (!row) throw new Error(`type ${type} is not known here`);
  return range(count / row.codes).flatMap((block) =>
    row.values(new DataView(file.buffer, file.byteOffset + at + block * row.bytes, row.bytes)),
  );
}
