// The processors that the emulated laptop can have. v86 answers CPUID like a Pentium III that also
// knows SSE2, SSE3 and more; here the constants of that answer are rewritten inside v86.wasm, so
// that the guest sees the processor of its time. This changes what CPUID says, not what v86
// executes: that no build uses a later instruction is proven by the build's own disassembly scan.
import { type Rewrite, rewriteConstants } from './wasm_constants.ts';

// The processors that can be emulated.
export type CpuName =
  | 'pentium2-klamath'
  | 'pentium2-deschutes'
  | 'pentium3-katmai'
  | 'pentium3-coppermine';

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
  return rewriteConstants(wasm, cpu.rewrites);
}
