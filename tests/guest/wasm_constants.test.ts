import { describe, expect, it } from 'vitest';
import { rewriteConstants, signedLeb128 } from '../../ts/guest/wasm_constants.ts';

// Reads signed LEB128 back, by arithmetic rather than bits.
function decode(bytes: readonly number[]): number {
  let value = 0;
  for (const [n, byte] of bytes.entries()) value += (byte % 128) * 128 ** n;
  const last = bytes.at(-1) ?? 0;
  return last >= 64 ? value - 128 ** bytes.length : value;
}

describe('rewriteConstants', () => {
  it('when a value needs more bytes than the one that it replaces, then it fails and says which', () => {
    const code = Uint8Array.from([0x41, ...signedLeb128(200_000)]);
    const rewrite = { what: 'a limit', from: 200_000 };
    expect(() => rewriteConstants(code, [{ ...rewrite, to: 2 ** 20 }])).toThrow('a limit');
    const longest = rewriteConstants(code, [{ ...rewrite, to: 2 ** 20 - 1 }]);
    expect(decode([...longest].slice(1))).toBe(2 ** 20 - 1);
  });
});

describe('signedLeb128', () => {
  it.each([0, 1, 63, 64, -1, -64, -65, 0x673, 0x7fffffff, -0x80000000, 0xc0800001])(
    'when given %i, then it decodes to the same 32 bits, padded or not',
    (value) => {
      expect(decode(signedLeb128(value))).toBe(value | 0);
      const padded = signedLeb128(value, 5);
      expect(padded.length).toBe(5);
      expect(decode(padded)).toBe(value | 0);
    },
  );
});
