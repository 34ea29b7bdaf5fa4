// What stands between a target row and a compiler call: which compiler, its version, and the
// arguments that the C library needs.
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { unpackedEmcc } from '../../scripts/emscripten.mjs';
import { findEmcc, onPath } from '../../scripts/requirements.mjs';
import { exec, missingCommand } from '../support/exec.ts';
import { exists } from '../support/files.ts';
import { sha256File } from '../support/hash.ts';
import { withScratch } from '../support/scratch.ts';
import { ensureCrossCompiler } from './cross.ts';
import { type Processor, processors } from './processors.ts';
import { ensureSysroot } from './sysroot.ts';
import type { Target } from './targets.ts';

export interface Toolchain {
  command: string;
  /** Where it is a script around a compiler: that one, and the words before all others. Asked at a compile. */
  compiler?: () => Promise<readonly string[] | undefined>;
  /** The first line of --version. */
  version: string;
  libcVersion: string;
  /** Compile arguments that the C library needs. */
  compileArgs: readonly string[];
  /** The link arguments for these objects (and flags of the caller's). */
  linkArgs: (objects: readonly string[], output: string) => string[];
  env: Readonly<Record<string, string>>;
  /** Whatever else changes the result: hashes of libraries that are linked in. */
  inputs: Readonly<Record<string, string>>;
}

// Where Debian keeps acorn, which its emcc needs at a link with optimisation.
const DEBIAN_NODE_PATH = '/usr/share/nodejs';
const EMCC_STACK_BYTES = 1024 * 1024;
// A program for Node, with its files; or one .wasm without JavaScript, whose functions a page calls.
const PROGRAM_LINK = [
  ...['-sNODERAWFS=1', '-sENVIRONMENT=node', '-sWASM_ASYNC_COMPILATION=0', '-sEXIT_RUNTIME=1'],
];
const PAGE_LINK = ['--no-entry', '-sSTANDALONE_WASM=1', '-sFILESYSTEM=0'];
// Where Debian's packages for a PC of 64 bits keep libraries.
const HOST_LIBRARIES = 'x86_64-linux-gnu';
const MINGW_GCC = 'i686-w64-mingw32-gcc';
// gcc with the headers and libraries of MPI.
const MPICC = 'mpicc';

// The toolchain of a target; throws with the package's name when the compiler is missing.
export async function toolchainOf(
  target: Pick<Target, 'compiler' | 'libc' | 'name' | 'processor'> & Partial<Pick<Target, 'run'>>,
  log: (line: string) => void = () => {},
): Promise<Toolchain> {
  if (target.processor !== undefined) return crossToolchain(processors[target.processor], log);
  const compiler = commandOf(target);
  const found = compiler === 'emcc' ? findEmcc() : onPath(compiler);
  if (!found) throw missingCommand(compiler, ` (needed for target ${target.name})`);
  switch (target.libc) {
    case 'system':
      return systemToolchain();
    case 'mpi':
      return systemToolchain(MPICC);
    case 'musl-i386':
      return muslToolchain(log);
    case 'emscripten':
      return emscriptenToolchain(log, target.run === 'page' ? PAGE_LINK : PROGRAM_LINK);
    case 'cross':
      throw new Error(`the target ${target.name} names no processor`);
    case 'mingw':
      return mingwToolchain();
  }
}

function commandOf({ libc, compiler }: Pick<Target, 'compiler' | 'libc'>): string {
  if (libc === 'mingw') return MINGW_GCC;
  return libc === 'mpi' ? MPICC : compiler;
}

async function systemToolchain(command = 'gcc'): Promise<Toolchain> {
  return {
    command,
    version: await versionOf(command),
    libcVersion: 'of the system',
    compileArgs: [],
    linkArgs: (objects, output) => [...objects, '-o', output],
    env: {},
    inputs: {},
  };
}

// Start files, libraries and headers are all named, so that nothing of the system's own C library
// can come in: -nostdinc and -nostdlib leave only what stands here.
async function muslToolchain(log: (line: string) => void): Promise<Toolchain> {
  const sysroot = await ensureSysroot(log);
  const libgcc = await gccPath(['-m32', '-print-libgcc-file-name']);
  if (!(await exists(libgcc))) {
    throw missingCommand('32-bit libgcc', ' (needed for the i386 targets)');
  }
  const gccHeaders = await gccPath(['-print-file-name=include']);
  const inSysroot = (name: string) => path.join(sysroot.lib, name);
  return {
    command: 'gcc',
    version: await versionOf('gcc'),
    libcVersion: sysroot.version,
    compileArgs: [
      ...['-nostdinc', '-isystem', sysroot.include, '-isystem', gccHeaders],
      ...['-fno-pie', '-fno-stack-protector', '-fcf-protection=none', '-U_FORTIFY_SOURCE'],
    ],
    linkArgs: (objects, output) => [
      ...['-m32', '-static', '-no-pie', '-nostdlib', '-Wl,--build-id=none', '-Wl,-z,noexecstack'],
      ...[inSysroot('crt1.o'), inSysroot('crti.o'), ...objects],
      ...['-Wl,--start-group', inSysroot('libc.a'), libgcc, '-Wl,--end-group'],
      ...[inSysroot('crtn.o'), '-o', output],
    ],
    env: {},
    inputs: {
      'libc.a': await sha256File(inSysroot('libc.a')),
      'crt1.o': await sha256File(inSysroot('crt1.o')),
      'libgcc.a': await sha256File(libgcc),
    },
  };
}

// Its own C library, statically; nothing of this system's can come in, because it is told another root.
async function crossToolchain(
  processor: Processor,
  log: (line: string) => void,
): Promise<Toolchain> {
  const { gcc, root, version } = await ensureCrossCompiler(processor, log);
  const libc = path.join(root, 'usr', processor.triplet, 'lib', 'libc.a');
  // The libraries of its assembler and linker.
  const env = { LD_LIBRARY_PATH: path.join(root, 'usr/lib', HOST_LIBRARIES) };
  const own = [`--sysroot=${root}`];
  return {
    command: gcc,
    version: `${path.basename(gcc)} ${version}`,
    libcVersion: `glibc for ${processor.debian}`,
    compileArgs: own,
    linkArgs: (objects, output) => [
      ...[...own, '-static', '-Wl,--build-id=none', ...objects],
      ...['-o', output],
    ],
    env,
    inputs: { 'libc.a': await sha256File(libc) },
  };
}

// MinGW's C library, which calls the system's own, statically. The symbols stay, by which the scan
// names functions; no time of the build, so that the same sources give the same bytes.
async function mingwToolchain(): Promise<Toolchain> {
  const command = MINGW_GCC;
  const libc = await gccPath(['-print-file-name=libmingwex.a'], command);
  return {
    command,
    version: await versionOf(command),
    libcVersion: 'of MinGW-w64',
    compileArgs: [],
    linkArgs: (objects, output) => [
      ...['-m32', '-static', '-Wl,--no-insert-timestamp', ...objects],
      ...['-o', output],
    ],
    env: {},
    inputs: { 'libmingwex.a': await sha256File(libc) },
  };
}

// The emcc of the PATH, or Debian's where it is unpacked by itself.
async function emscriptenToolchain(
  log: (line: string) => void,
  link: readonly string[],
): Promise<Toolchain> {
  const command = onPath('emcc') ? 'emcc' : await unpackedEmcc(log);
  const version = await versionOf(command);
  const nodePath = [process.env.NODE_PATH, DEBIAN_NODE_PATH].filter(Boolean).join(path.delimiter);
  return {
    command,
    compiler: () => wrappedCompiler(command),
    version,
    libcVersion: 'of Emscripten',
    compileArgs: [],
    linkArgs: (objects, output) => [
      ...['-O3', ...link, '-sALLOW_MEMORY_GROWTH=1', ...stackSetting(version)],
      ...[...objects, '-o', output],
    ],
    env: (await exists(DEBIAN_NODE_PATH)) ? { NODE_PATH: nodePath } : {},
    inputs: {},
  };
}

const wrapped = new Map<string, Promise<readonly string[] | undefined>>();

// What emcc calls to compile, as it says itself: a script in Python, it takes longer to start than clang
// for most of our files. Undefined where it says nothing of the kind; then it compiles itself.
function wrappedCompiler(emcc: string): Promise<readonly string[] | undefined> {
  const known = wrapped.get(emcc);
  if (known) return known;
  const asked = withScratch('emcc', async (folder) => {
    const probe = path.join(folder, 'probe.c');
    await writeFile(probe, '');
    const { stderr } = await exec(emcc, ['-v', '-c', probe, '-o', `${probe}.o`]);
    const line = stderr.split('\n').find((each) => each.includes(`-c ${probe}`));
    const words = line?.trim().replaceAll('"', '').split(/ +/) ?? [];
    const end = words.indexOf('-c');
    return end > 0 && !/['\\]/.test(line ?? '')
      ? words.slice(0, end).filter((word) => word !== '-v')
      : undefined;
  });
  wrapped.set(emcc, asked);
  return asked;
}

// Emscripten's stack was 5 MB up to 3.1.26 and is 64 kB since 3.1.27, which renamed the setting.
export function stackSetting(version: string): string[] {
  const [, major = '0', minor = '0', patch = '0'] = /(\d+)\.(\d+)\.(\d+)/.exec(version) ?? [];
  const number = Number(major) * 1e6 + Number(minor) * 1e3 + Number(patch);
  return number >= 3_001_027 ? [`-sSTACK_SIZE=${EMCC_STACK_BYTES}`] : [];
}

const versions = new Map<string, Promise<string>>();

function versionOf(command: string): Promise<string> {
  const known = versions.get(command);
  if (known) return known;
  const version = exec(command, ['--version'], { what: `${command} --version` }).then(
    (result) => result.stdout.split('\n', 1)[0]?.trim() ?? '',
  );
  versions.set(command, version);
  return version;
}

async function gccPath(args: readonly string[], gcc = 'gcc'): Promise<string> {
  return (await exec(gcc, args, { what: `${gcc} ${args.join(' ')}` })).stdout.trim();
}

// The source files of the program, relative to the root of the checkout, in a fixed order.
export async function listFiles(root: string, folder: string, ending: string): Promise<string[]> {
  const names = await readdir(path.join(root, folder), { recursive: true });
  return names
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => `${folder}/${name}`);
}
