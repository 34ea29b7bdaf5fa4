// A look at a text before it is trained on: what it is, if it is none, and a byte order mark less.
// The words are those of a page; the program says the same of files (c/src/run/text_advice.c).
import { EngineError } from '../../../ts/engine/engine.ts';

const MB = 1024 * 1024;
// What a page may take; the program trains on texts larger than memory.
export const MOST_TEXT = 16 * MB;

const MARK = [0xef, 0xbb, 0xbf];
const UTF16 = [
  [0xff, 0xfe],
  [0xfe, 0xff],
];

// The bytes to train on; throws an EngineError in words where they are no text, or too many.
export function checkText(bytes: Uint8Array, name: string): Uint8Array {
  if (bytes.length === 0) throw new EngineError(`${name} is empty; choose or paste a text`);
  if (bytes.length > MOST_TEXT) throw new EngineError(tooLarge(bytes.length, name));
  if (UTF16.some((mark) => beginsWith(bytes, mark))) {
    throw new EngineError(`${name} is UTF-16; save it as UTF-8 and choose it again`);
  }
  const zero = bytes.indexOf(0);
  if (zero >= 0) {
    throw new EngineError(`${name} is no text: its byte ${zero} is 0; choose a text in UTF-8`);
  }
  if (!isUtf8(bytes)) {
    throw new EngineError(`${name} is not UTF-8; it is binary, or a text to be saved as UTF-8`);
  }
  return beginsWith(bytes, MARK) ? bytes.subarray(MARK.length) : bytes;
}

function tooLarge(bytes: number, name: string): string {
  const size = (bytes / MB).toFixed(1);
  return `${name} has ${size} MB, and a page takes ${MOST_TEXT / MB} MB; train on it with the program, which needs no memory for it`;
}

function beginsWith(bytes: Uint8Array, mark: readonly number[]): boolean {
  return mark.every((byte, i) => bytes[i] === byte);
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
