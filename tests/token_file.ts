// Reads the tokens of a text that the program has put into a file (c/src/text/token_file.h).

import { viewOf } from '../ts/support/bytes.ts';
import { crc32 } from '../ts/support/crc.ts';

export interface TokenFile {
  /** Bytes of a token. */
  width: number;
  vocab: number;
  tokens: number[];
}

const HEADER = 36;

// The whole file; throws where its parts do not fit each other.
export function readTokenFile(bytes: Buffer): TokenFile {
  const view = viewOf(bytes);
  const [width, vocab, count] = [12, 16, 20].map((at) => view.getUint32(at, true));
  if (bytes.toString('latin1', 0, 8) !== 'LEGACYTK' || (width !== 1 && width !== 2)) {
    throw new Error('this is no token file');
  }
  if (vocab === undefined || bytes.length !== HEADER + width * (count ?? 0) + 4) {
    throw new Error('the token file is not whole');
  }
  if (crc32(bytes.subarray(HEADER, -4)) !== view.getUint32(bytes.length - 4, true)) {
    throw new Error('the tokens have another sum');
  }
  const token = (i: number) =>
    width === 1 ? view.getUint8(HEADER + i) : view.getUint16(HEADER + 2 * i, true);
  return { width, vocab, tokens: Array.from({ length: count ?? 0 }, (_, i) => token(i)) };
}
