// What a checkpoint says of its tokenizer (c/src/text/tokenizer.h): how it is laid out, what makes
// it impossible, and the bytes of a token. It only decodes; the program itself encodes.

import type { TokenizerKind } from './checkpoint_layout.ts';

// A tokenizer as a checkpoint holds it.
export interface Tokenizer {
  kind: TokenizerKind;
  /** What stands between documents; empty where there is none. Its token is the last. */
  separator: Uint8Array;
  /** Of chars the code points, ascending; of bpe the merges from token 256 on. */
  entries: readonly number[];
}

// The most bytes of a separator.
export const MAX_SEPARATOR = 32;
const BYTE_TOKENS = 256;
const MAX_TOKEN_BYTES = 64;

// How many entries a kind of tokenizer has with a vocabulary of that size; below zero or, for bytes,
// not zero where the size does not fit it.
export function entryCount(kind: TokenizerKind, vocab: number, hasSeparator: boolean): number {
  return vocab - (kind === 'chars' ? 0 : BYTE_TOKENS) - Number(hasSeparator);
}

// Whether a kind can have so many entries.
export function fitsKind(kind: TokenizerKind, entries: number): boolean {
  if (kind === 'bytes') return entries === 0;
  return entries >= (kind === 'chars' ? 1 : 0);
}

// Why these entries are impossible; undefined when they are sound.
export function whyUnsound({ kind, entries }: Tokenizer): string | undefined {
  if (kind === 'bpe') return whyUnsoundMerges(entries);
  const isCharacter = (c: number) => c > 0 && c <= 0x10ffff && !(c >= 0xd800 && c < 0xe000);
  if (!entries.every(isCharacter)) return 'its vocabulary holds a number that is not a character';
  const ordered = entries.every((c, token) => c > (entries[token - 1] ?? 0));
  return ordered ? undefined : 'its vocabulary is not in order';
}

function whyUnsoundMerges(entries: readonly number[]): string | undefined {
  const sizes = Array<number>(BYTE_TOKENS).fill(1);
  for (const [left, right] of entries.map(partsOf)) {
    const size = (sizes[left] ?? Number.NaN) + (sizes[right] ?? Number.NaN);
    if (Number.isNaN(size)) return 'a merge uses a token that is defined only later';
    if (size > MAX_TOKEN_BYTES) return 'a merge makes a token of more than 64 bytes';
    sizes.push(size);
  }
  return undefined;
}

// The two tokens that a merge joins.
function partsOf(merge: number): [left: number, right: number] {
  return [merge & 0xffff, merge >>> 16];
}

// The bytes that a token stands for; a programmer's error if there is no such token.
export function tokenBytes(tokenizer: Tokenizer, token: number): Buffer {
  const { kind, separator, entries } = tokenizer;
  const first = kind === 'chars' ? 0 : BYTE_TOKENS;
  if (token < first && token >= 0) return Buffer.of(token);
  const entry = entries[token - first];
  if (entry === undefined) {
    if (token === first + entries.length && separator.length > 0) return Buffer.from(separator);
    throw new Error(`the tokenizer has no token ${token}`);
  }
  if (kind === 'chars') return Buffer.from(String.fromCodePoint(entry));
  return Buffer.concat(partsOf(entry).map((part) => tokenBytes(tokenizer, part)));
}

// The bytes of many tokens, one after the other.
export function decode(tokenizer: Tokenizer, tokens: Iterable<number>): Buffer {
  return Buffer.concat(Array.from(tokens, (token) => tokenBytes(tokenizer, token)));
}
