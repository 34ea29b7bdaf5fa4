// SHA-256 of bytes, files and plain values.
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

const MOST_BYTES = 1 << 20; // of a file in memory

// Hex SHA-256 of bytes or of a UTF-8 text.
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

// Hex SHA-256 of a file of any size.
export async function sha256File(file: string): Promise<string> {
  const hash = createHash('sha256');
  const handle = await open(file);
  try {
    const size = Math.min(Math.max((await handle.stat()).size, 1), MOST_BYTES);
    const part = Buffer.allocUnsafe(size);
    for (let read = size; read > 0; ) {
      read = (await handle.read(part, 0, size)).bytesRead;
      hash.update(part.subarray(0, read));
    }
  } finally {
    await handle.close();
  }
  return hash.digest('hex');
}

// Hex SHA-256 of a JSON value; key order of objects does not matter.
export function sha256Json(value: unknown): string {
  return sha256(JSON.stringify(value, sortKeys));
}

function sortKeys(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
