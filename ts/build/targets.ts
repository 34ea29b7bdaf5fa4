// The builds of the one program, as rows of data. How a row is compiled stands in build.ts.
import { I386_EMULATOR, runsI386 } from '../../scripts/i386.mjs';
import { UserError } from '../support/errors.ts';
import { rowNamed } from '../support/rows.ts';
import type { Group } from '../support/setup.ts';
import { type ProcessorName, processors } from './processors.ts';
import { type Replacement, withoutUnpack } from './replacements.ts';

// The instruction levels that a linked i386 file is scanned for; see scan.ts.
export type ScannedLevel = 'pentium2' | 'pentium3';

export interface Target {
  name: string;
  title: string;
  compiler: 'gcc' | 'emcc' | 'cross-gcc';
  /** Every flag of the compile step, except include paths and what the C library needs. */
  flags: readonly string[];
  libc: 'system' | 'mpi' | 'musl-i386' | 'emscripten' | 'mingw' | 'cross';
  level: ScannedLevel | 'native' | 'wasm' | 'wasm-simd' | 'foreign';
  /** What starts it; a page starts no program, it calls the library (web/wasm/page.c). */
  run: 'direct' | 'node' | 'wine' | 'emulator' | 'page';
  /** The processor that it is for, where that is another one than a PC's. */
  processor?: ProcessorName;
  /** JavaScript at the beginning of the program, from the project's folder. */
  preJs?: string;
  /** Made in the compiler's assembly before it is assembled. */
  replacements?: readonly Replacement[];
  /** The file name of the program. */
  output: string;
  /** Built only when asked for by name. */
  hidden?: boolean;
  /** The row that valgrind can run in place of this one. */
  underValgrind?: string;
}

const WARNINGS = ['-Wall', '-Wextra', '-Wpedantic', '-Wconversion'];

// One rounding an operation, no fused multiply-add: what makes the bits equal everywhere.
const EXACT = ['-ffp-contract=off', '-fno-math-errno'];

const EMCC = ['-std=c99', '-O3', ...EXACT, ...WARNINGS];

// The float32 baseline that `bench` compares with, as one would compile it without the contract. For
// the compile step only: a link with -ffast-math would bring gcc's start file that flushes denormals
// in the whole program. Divisions and roots are real ones, not the 12 bits of rcpps and rsqrtps.
const FAST_MATH = ['-O3', '-ffast-math', '-ffp-contract=fast'];
const ON_X86 = ['x64', 'ia32'].includes(process.arch);
const NO_ESTIMATES = ON_X86 ? ['-mno-recip'] : [];

/** What the sources of a folder are compiled with on top of their target's flags. */
export type FolderFlags = Readonly<Record<string, Readonly<Record<Target['compiler'], string[]>>>>;

export const folderFlags: FolderFlags = {
  'c/baseline': {
    gcc: [...FAST_MATH, ...NO_ESTIMATES],
    emcc: FAST_MATH,
    'cross-gcc': FAST_MATH,
  },
};

// Plain -std=c99 would evaluate in long double on x87; "fast" keeps to the registers' precision.
const GCC = ['-std=c99', '-fexcess-precision=fast', '-O3', ...EXACT, ...WARNINGS];

// Files above 2 GB, which glibc of a 32-bit machine would not see.
const LARGE_FILES = '-D_FILE_OFFSET_BITS=64';

// The same for size: a rounding is where it was, since each operation still has its own.
const GCC_SMALL = GCC.map((flag) => (flag === '-O3' ? '-Os' : flag));

// The compiler, then the assembler: each refuses what is above its level.
const PENTIUM2 = ['-m32', '-march=pentium2', '-mno-sse', '-mfpmath=387', '-Wa,-march=pentiumii'];
const PENTIUM3 = [
  ...['-m32', '-march=pentium3', '-msse', '-mno-sse2', '-mfpmath=sse'],
  '-Wa,-march=pentiumiii',
];

// clang 14 (Debian's Emscripten 3.1.6) joins scalar code to wrong 128-bit code at -O3; the program's
// own self-test finds it. The kernels are written with intrinsics, so nothing is lost.
const WASM_SIMD = ['-msimd128', '-fno-slp-vectorize'];

const MMX_KERNELS = '-DUSE_MMX_BUILD';
const SSE_KERNELS = '-DUSE_SSE_BUILD'; // and those for MMX
const AVX2_KERNELS = '-DUSE_AVX2_BUILD'; // used where the processor has it; x86-64 only
const WASM_SIMD_KERNELS = '-DUSE_WASM_SIMD_BUILD';

// What runs a program for Windows.
export const WINE = 'wine';

// Threads, for those who ask for them with --threads.
const THREADS = ['-DUSE_THREADS_BUILD', '-pthread'];

// Several processes that train together, which mpirun starts.
const RANKS = '-DUSE_MPI_BUILD';

// What this machine's rows have; where it is no x86, plain C, which its compiler vectorises.
const NATIVE_SSE = ON_X86 ? [SSE_KERNELS] : [];
const NATIVE_AVX2 = process.arch === 'x64' ? [AVX2_KERNELS] : [];

const native = { compiler: 'gcc', libc: 'system', level: 'native', run: 'direct' } as const;
const ranks = { ...native, libc: 'mpi', output: 'legacy_llm', hidden: true } as const;
const legacy = { compiler: 'gcc', libc: 'musl-i386', run: 'direct' } as const;
const foreign = {
  compiler: 'cross-gcc',
  libc: 'cross',
  level: 'foreign',
  run: 'emulator',
} as const;
const windows = { compiler: 'gcc', libc: 'mingw', run: 'wine' } as const;
const wasm = { compiler: 'emcc', libc: 'emscripten', run: 'node' } as const;
const page = { ...wasm, run: 'page', output: 'legacy_llm.wasm', hidden: true } as const;

// The rows, in the order in which they are shown.
export const targets: readonly Target[] = [
  {
    ...native,
    name: 'host',
    title: 'this machine, plain C',
    flags: [...GCC, ...THREADS],
    output: 'legacy_llm',
  },
  {
    ...native,
    name: 'host-sse',
    title: 'this machine, SSE kernels',
    flags: [...GCC, ...NATIVE_SSE, ...THREADS],
    output: 'legacy_llm',
  },
  {
    ...native,
    name: 'host-avx2',
    title: 'this machine, AVX2 kernels where it has AVX2',
    flags: [...GCC, ...NATIVE_SSE, ...NATIVE_AVX2, ...THREADS],
    output: 'legacy_llm',
  },
  {
    ...legacy,
    name: 'p2',
    title: 'Pentium II, x87 and MMX kernels, static',
    flags: [...GCC, ...PENTIUM2, MMX_KERNELS],
    level: 'pentium2',
    output: 'legacy_llm',
    underValgrind: 'p2-valgrind',
  },
  {
    ...legacy,
    name: 'p3',
    title: 'Pentium III, SSE and MMX kernels, static',
    flags: [...GCC, ...PENTIUM3, SSE_KERNELS],
    level: 'pentium3',
    output: 'legacy_llm',
  },
  {
    ...wasm,
    name: 'wasm',
    title: 'WebAssembly, plain C',
    flags: EMCC,
    level: 'wasm',
    output: 'legacy_llm.js',
  },
  {
    ...wasm,
    name: 'wasm-simd',
    title: 'WebAssembly, 128-bit SIMD kernels',
    flags: [...EMCC, ...WASM_SIMD, WASM_SIMD_KERNELS],
    level: 'wasm-simd',
    preJs: 'c/wasm/needs_simd.js',
    output: 'legacy_llm.js',
  },
  {
    ...page,
    name: 'page',
    title: 'the library for the page, WebAssembly, plain C',
    flags: EMCC,
    level: 'wasm',
  },
  {
    ...page,
    name: 'page-simd',
    title: 'the library for the page, WebAssembly, 128-bit SIMD kernels',
    flags: [...EMCC, ...WASM_SIMD, WASM_SIMD_KERNELS],
    level: 'wasm-simd',
  },
  {
    ...foreign,
    name: 'ppc',
    title: 'PowerPC 750 (an iBook G3), big-endian, plain C, static',
    processor: 'ppc',
    flags: [...GCC, '-mcpu=750', LARGE_FILES],
    output: 'legacy_llm',
    hidden: true,
  },
  {
    ...foreign,
    name: 'aarch64',
    title: 'ARM of 64 bits, plain C, static',
    processor: 'aarch64',
    flags: GCC,
    output: 'legacy_llm',
    hidden: true,
  },
  {
    ...foreign,
    name: 's390x',
    title: 'IBM S/390 of 64 bits, big-endian, plain C, static',
    processor: 's390x',
    flags: GCC,
    output: 'legacy_llm',
    hidden: true,
  },
  {
    ...foreign,
    name: 'riscv64',
    title: 'RISC-V of 64 bits, plain C, static',
    processor: 'riscv64',
    flags: GCC,
    output: 'legacy_llm',
    hidden: true,
  },
  {
    ...windows,
    name: 'win32',
    title: 'Windows 98 and later on a Pentium III, SSE and MMX kernels, static',
    flags: [...GCC, ...PENTIUM3, SSE_KERNELS],
    level: 'pentium3',
    output: 'legacy_llm.exe',
    hidden: true,
  },
  {
    ...legacy,
    name: 'p2-small',
    title: 'Pentium II, compiled for size: the program of the floppy image, the same bits',
    flags: [...GCC_SMALL, ...PENTIUM2, MMX_KERNELS],
    level: 'pentium2',
    output: 'legacy_llm',
    hidden: true,
  },
  {
    ...legacy,
    name: 'p2-witness',
    title: 'Pentium II, x87 at its full precision, rounded at each store: shows a leaked denormal',
    flags: [...GCC, ...PENTIUM2, MMX_KERNELS, '-ffloat-store', '-DKEEP_X87_PRECISION'],
    level: 'pentium2',
    output: 'legacy_llm',
    hidden: true,
  },
  {
    ...legacy,
    name: 'p2-valgrind',
    title: 'Pentium II for valgrind, whose x87 keeps 53 bits: does not check its arithmetic',
    flags: [...GCC, ...PENTIUM2, MMX_KERNELS, '-DOTHER_BITS_ARE_MEANT'],
    level: 'pentium2',
    output: 'legacy_llm',
    hidden: true,
  },
  {
    ...legacy,
    name: 'p3-bochs',
    title: 'Pentium III as Bochs 2.7 has it: without two instructions of SSE that it refuses',
    flags: [...GCC, ...PENTIUM3, SSE_KERNELS],
    replacements: withoutUnpack,
    level: 'pentium3',
    output: 'legacy_llm',
    hidden: true,
  },
  {
    ...native,
    name: 'host-native',
    title: 'this machine, plain C with all its instructions: the same bits, for long runs',
    flags: [...GCC, '-march=native', ...THREADS],
    output: 'legacy_llm',
    hidden: true,
  },
  {
    ...native,
    name: 'host-fast-math',
    title: 'this machine with -ffast-math: wrong on purpose, the parity check must catch it',
    flags: [
      ...GCC.filter((flag) => flag !== '-ffp-contract=off'),
      ...['-ffast-math', '-DOTHER_BITS_ARE_MEANT'],
    ],
    output: 'legacy_llm',
    hidden: true,
  },
  {
    ...ranks,
    name: 'host-mpi',
    title: 'this machine, plain C, to train on several ranks',
    flags: [...GCC, ...THREADS, RANKS],
  },
  {
    ...ranks,
    name: 'host-mpi-avx2',
    title: 'this machine, AVX2 kernels where it has AVX2, to train on several ranks',
    flags: [...GCC, ...NATIVE_SSE, ...NATIVE_AVX2, ...THREADS, RANKS],
  },
];

// The fastest build for long runs here; every build gives the same bits.
export const longRunTarget = process.arch === 'x64' ? 'host-avx2' : 'host-native';

// The row of a name; a name that is none is a usage error that lists them.
export function findTarget(name: string): Target {
  return rowNamed(targets, name, 'target');
}

// The row that valgrind runs where this one is asked for.
export function countedTarget(target: Target): Target {
  return target.underValgrind === undefined ? target : findTarget(target.underValgrind);
}

// What runs the programs of a target where this machine's processor or kernel does not: Wine, or an
// emulator and the processor that it is to be; undefined where none is needed.
export function emulatorOf(target: Target): readonly [string, ...string[]] | undefined {
  const { processor, libc, level, run } = target;
  if (run === 'wine') return [WINE];
  if (processor !== undefined) return processors[processor].emulator;
  return libc === 'musl-i386' && !runsI386() ? [I386_EMULATOR, '-cpu', level] : undefined;
}

// What starts the program of a target on this machine: its file, or Node or an emulator and its file.
export function startOf(target: Target, program: string): [string, ...string[]] {
  if (target.run === 'page') {
    throw new UserError(`the target ${target.name} is no program: a page calls it`, {
      hint: 'Take wasm or wasm-simd, which are the same C as a program, or run `npm run web`.',
      exitCode: 2,
    });
  }
  if (target.run === 'node') return [process.execPath, program];
  const emulator = emulatorOf(target);
  return emulator === undefined ? [program] : [...emulator, program];
}

// What setup has to provide for a compiler and its C library.
const groupsByLibc: Readonly<Record<Target['libc'], Group>> = {
  system: 'host',
  mpi: 'mpi',
  'musl-i386': 'i386',
  emscripten: 'wasm',
  cross: 'foreign',
  mingw: 'windows',
};

// The groups of requirements for these rows.
export function groupsOfTargets(rows: readonly Target[]): Group[] {
  return [...new Set(rows.map(({ libc }) => groupsByLibc[libc]))];
}

// The rows that a build without --only makes.
export function defaultTargets(): Target[] {
  return targets.filter((row) => !row.hidden);
}
