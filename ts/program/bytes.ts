// Bytes of a checkpoint as numbers.
import { viewOf } from '../support/bytes.ts';

// One character a byte.
export function asciiOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

// The same bytes as numbers of -128 to 127.
export function int8sOf(bytes: Uint8Array): Int8Array {
  return new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

// Little-endian numbers of 16 bits with a sign, wherever they lie and whatever this machine's own
// order is.
export function int16sOf(bytes: Uint8Array): Int16Array {
  const view = viewOf(bytes);
  return Int16Array.from({ length: bytes.length / 2 }, (_, i) => view.getInt16(2 * i, true));
}

// Little-endian binary32, likewise.
export function float32sOf(bytes: Uint8Array): Float32Array {
  const view = viewOf(bytes);
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
}

// Little-endian numbers of 32 bits without a sign, likewise.
export function uint32sOf(bytes: Uint8Array): Uint32Array {
  const view = viewOf(bytes);
  return Uint32Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(4 * i, true));
}
