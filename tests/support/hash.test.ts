import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { sha256, sha256File, sha256Json } from '../../ts/support/hash.ts';
import { useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();

// The digest of "abc" that the standard (FIPS 180) gives as its example.
const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

test('text, bytes and file give the digest of the standard', async () => {
  const file = path.join(folder(), 'abc');
  await writeFile(file, 'abc');
  expect(sha256('abc')).toBe(ABC);
  expect(sha256(new Uint8Array([97, 98, 99]))).toBe(ABC);
  expect(await sha256File(file)).toBe(ABC);
});

test('a file that is larger than what is read at once gives the digest of its bytes', async () => {
  const file = path.join(folder(), 'large');
  for (const size of [0, (1 << 20) - 1, 1 << 20, 3_000_001]) {
    const bytes = Buffer.alloc(size, 'some bytes');
    await writeFile(file, bytes);
    expect(await sha256File(file), String(size)).toBe(sha256(bytes));
  }
});

test('a JSON value: key order does not matter, array order and values do', () => {
  const value = { a: 1, b: { c: [1, 2], d: 'x' } };
  expect(sha256Json({ b: { d: 'x', c: [1, 2] }, a: 1 })).toBe(sha256Json(value));
  expect(sha256Json({ a: 1, b: { c: [2, 1], d: 'x' } })).not.toBe(sha256Json(value));
  expect(sha256Json({ a: 2, b: { c: [1, 2], d: 'x' } })).not.toBe(sha256Json(value));
});
