// The processors that the emulated laptop can have. v86 answers CPUID like a Pentium III that also
// knows SSE2, SSE3 and more; here the constants of that answer are rewritten inside v86.wasm, so
// that the guest sees the processor of its time. This changes what CPUID says, not what v86
// executes: that no build uses a later instruction is proven by the build's own disassembly scan.
import { UserError } from '../../scripts/user_error.mjs';

// The processors that can be emulated.
export type CpuName =
  | 'pentium2-klamath'
  | 'pentium2-deschutes'
  | 'pentium3-katmai'
  | 'pentium3-coppermine';

// A constant of v86's CPUID answer and what it becomes.
interface Rewrite {
  what: string;
  from: number;
  to: number;
}

// What a processor answers, and what the guest must make of it.
export interface Cpu {
  name: CpuName;
  /** What /proc/cpuinfo must say. */
  modelName: string;
  cacheKb: number;
  flags: { present: readonly string[]; absent: readonly string[] };
  rewrites: readonly Rewrite[];
}

// Leaf 1 as v86 answers it. EDX stands in the code twice: without and with the APIC bit.
const SIGNATURE = 0x673;
const FEATURES_EDX = 0x0780a979;
const FEATURES_ECX = 0xc0800001; // SSE3, POPCNT, RDRAND, hypervisor
// Leaf 2 as v86 answers it: a Pentium 4's caches. Their sizes are part of what names the model.
const ADDRESS_CACHES = 0x665b5001;
const CACHES = 0x007a7000;

const APIC = 1 << 9;
const SSE = 1 << 25;
const SSE2 = 1 << 26;

// SSE2 and everything later that v86 or a kernel might name.
const AFTER_PENTIUM_3 = [
  'sse2',
  'pni',
  'ssse3',
  'sse4_1',
  'sse4_2',
  'popcnt',
  'rdrand',
  'avx',
  'erms',
];

interface Answers {
  signature: number;
  removed: number;
  /** Leaf 2, EDX: second-level cache, first-level code and data cache. */
  caches: number;
}

function rewrites({ signature, removed, caches }: Answers): Rewrite[] {
  const without = (value: number) => (value & ~removed) >>> 0;
  const withApic = FEATURES_EDX | APIC;
  return [
    { what: 'signature', from: SIGNATURE, to: signature },
    { what: 'features (ECX)', from: FEATURES_ECX, to: 0 },
    { what: 'features (EDX)', from: FEATURES_EDX, to: without(FEATURES_EDX) },
    { what: 'features (EDX, APIC)', from: withApic, to: without(withApic) },
    { what: 'address caches', from: ADDRESS_CACHES, to: 0x03020101 },
    { what: 'caches', from: CACHES, to: caches },
  ];
}

// The processors by name.
export const cpus: Readonly<Record<CpuName, Cpu>> = {
  'pentium3-coppermine': {
    name: 'pentium3-coppermine',
    modelName: 'Pentium III (Coppermine)',
    cacheKb: 256,
    flags: { present: ['fpu', 'cmov', 'mmx', 'fxsr', 'sse'], absent: AFTER_PENTIUM_3 },
    rewrites: rewrites({ signature: 0x686, removed: SSE2, caches: 0x0c0882 }),
  },
  'pentium2-deschutes': {
    name: 'pentium2-deschutes',
    modelName: 'Pentium II (Deschutes)',
    cacheKb: 512,
    flags: { present: ['fpu', 'cmov', 'mmx', 'fxsr'], absent: ['sse', ...AFTER_PENTIUM_3] },
    rewrites: rewrites({ signature: 0x652, removed: SSE | SSE2, caches: 0x0c0843 }),
  },
  'pentium3-katmai': {
    name: 'pentium3-katmai',
    modelName: 'Pentium III (Katmai)',
    cacheKb: 512,
    flags: { present: ['fpu', 'cmov', 'mmx', 'fxsr', 'sse'], absent: AFTER_PENTIUM_3 },
    rewrites: rewrites({ signature: 0x672, removed: SSE2, caches: 0x0c0843 }),
  },
  'pentium2-klamath': {
    name: 'pentium2-klamath',
    modelName: 'Pentium II (Klamath)',
    cacheKb: 512,
    flags: { present: ['fpu', 'cmov', 'mmx'], absent: ['sse', ...AFTER_PENTIUM_3] },
    rewrites: rewrites({ signature: 0x634, removed: SSE | SSE2, caches: 0x0c0843 }),
  },
};

// A copy of v86.wasm that answers CPUID as this processor does.
export function patchCpuid(wasm: Uint8Array, cpu: Cpu): Uint8Array<ArrayBuffer> {
  const patched = new Uint8Array(wasm);
  // All are found before the first is rewritten: a new value may equal another's old one.
  const places = cpu.rewrites.map((rewrite) => ({ ...findConstant(patched, rewrite), rewrite }));
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
      `v86.wasm holds the CPUID constant 0x${from.toString(16)} (${what}) ${found}, not once`,
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
