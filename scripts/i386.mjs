// Whether the kernel of this machine starts programs for i386. Those of some virtual machines and of
// other processors do not; qemu-i386-static runs them there. Plain Node, no packages.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

// What runs an i386 program where the kernel does not.
export const I386_EMULATOR = 'qemu-i386-static';

/** @type {boolean | undefined} */
let known;

// Found out once, with a program of 93 bytes.
export function runsI386() {
  known ??= starts(leastProgram());
  return known;
}

/** @param {Buffer} program */
function starts(program) {
  const folder = mkdtempSync(path.join(tmpdir(), 'legacy-llm-i386-'));
  try {
    const file = path.join(folder, 'least');
    writeFileSync(file, program, { mode: 0o755 });
    return spawnSync(file, { timeout: 20_000 }).status === LEAST_STATUS;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const LEAST_STATUS = 42;
const LOADED_AT = 0x08048000;
const HEADER_BYTES = 52;
const SEGMENT_BYTES = 32;

// An ELF file of one segment, whose code ends at once with LEAST_STATUS.
function leastProgram() {
  const start = HEADER_BYTES + SEGMENT_BYTES;
  // xor eax,eax; inc eax; mov bl,42; int 0x80: exit(42)
  const code = Buffer.from([0x31, 0xc0, 0x40, 0x31, 0xdb, 0xb3, LEAST_STATUS, 0xcd, 0x80]);
  const size = start + code.length;
  const head = Buffer.alloc(start);
  Buffer.from([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]).copy(head); // 32 bits, little-endian
  // Executable, i386; the sizes of a header and of the segment's; one segment.
  const halves = { 16: 2, 18: 3, 40: HEADER_BYTES, 42: SEGMENT_BYTES, 44: 1 };
  // Version, entry, where the segment's header stands; then what of the file is loaded where.
  const words = { 20: 1, 24: LOADED_AT + start, 28: HEADER_BYTES };
  const segment = { 52: 1, 60: LOADED_AT, 64: LOADED_AT, 68: size, 72: size, 76: 5, 80: 4096 };
  for (const [at, value] of Object.entries(halves)) head.writeUInt16LE(value, Number(at));
  for (const [at, value] of Object.entries({ ...words, ...segment }))
    head.writeUInt32LE(value, Number(at));
  return Buffer.concat([head, code]);
}
