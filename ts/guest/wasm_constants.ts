// Constants in the code of v86.wasm, which is rewritten in place: for what v86 has no option.
import { UserError } from '../../scripts/user_error.mjs';

// A constant and what it becomes.
export interface Rewrite {
  what: string;
  from: number;
  to: number;
}

// A copy of v86.wasm with other constants. Fails where one does not stand in it just once.
export function rewriteConstants(
  wasm: Uint8Array,
  rewrites: readonly Rewrite[],
): Uint8Array<ArrayBuffer> {
  const patched = new Uint8Array(wasm);
  // All are found before the first is rewritten: a new value may equal another's old one.
  const places = rewrites.map((rewrite) => ({ ...findConstant(patched, rewrite), rewrite }));
  for (const { at, length, rewrite } of places) {
    const operand = signedLeb128(rewrite.to, length);
    if (operand.length !== length)
      throw new RangeError(`${rewrite.what}: the value needs more room`);
    patched.set(operand, at);
  }
  return patched;
}

const I32_CONST = 0x41;

function findConstant(wasm: Uint8Array, { what, from }: Rewrite): { at: number; length: number } {
  const operand = signedLeb128(from);
  const instruction = [I32_CONST, ...operand];
  const at = placeOf(instruction, wasm);
  if (at < 0 || placeOf(instruction, wasm, at + 1) >= 0) {
    const found = at < 0 ? 'not at all' : 'more than once';
    throw new UserError(
      `v86.wasm holds the constant 0x${from.toString(16)} (${what}) ${found}, not once`,
      { hint: 'This v86 is not the version that package.json pins: run npm ci.' },
    );
  }
  return { at: at + 1, length: operand.length };
}

// Where bytes stand in others, from a place on; -1: nowhere.
function placeOf(bytes: readonly number[], all: Uint8Array, from = 0): number {
  const [first = 0] = bytes;
  let at = all.indexOf(first, from);
  while (at >= 0 && bytes.some((byte, i) => all[at + i] !== byte)) at = all.indexOf(first, at + 1);
  return at;
}

// The 32-bit value as signed LEB128, filled up to `length` bytes with bits that change nothing.
export function signedLeb128(value: number, length = 0): number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    const enough = bytes.length + 1 >= length && rest === ((low & 0x40) === 0 ? 0 : -1);
    bytes.push(enough ? low : low | 0x80);
    if (enough) return bytes;
  }
}
