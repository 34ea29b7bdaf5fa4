// What the project needs beside its npm packages, as rows of data: setup installs them, doctor lists
// them, and an error about a missing command names the package from here. Plain Node, no packages.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { I386_EMULATOR, runsI386 } from './i386.mjs';
import { cacheRoots, rootDir } from './places.mjs';

export { rootDir };

/**
 * @typedef {'host' | 'i386' | 'wasm' | 'foreign' | 'windows' | 'mpi' | 'network' | 'kernel' | 'valgrind' | 'library' | 'fuzz' | 'lint' | 'bochs' | 'qemu' | 'images' | 'computers' | 'disks' | 'browser' | 'package' | 'compile-cache'} Group  what a requirement is for
 * @typedef {object} Requirement
 * @property {string} name            as people call it
 * @property {string} purpose         what it is needed for
 * @property {readonly Group[]} groups
 * @property {string[]} debian        the Debian packages that bring it
 * @property {() => string | undefined} find     where it is, quickly; undefined when missing
 * @property {() => string | undefined} [version]  which one it is; may start a process
 * @property {string} [command]       the command it brings, when it is one
 * @property {string} [elsewhere]     how to get it where there is no apt
 * @property {boolean} [optional]     work goes on without it
 */

// Where Emscripten is unpacked by itself, in the cache; its version follows (emscripten.mjs).
export const EMSCRIPTEN = 'emscripten';

/** @type {readonly Requirement[]} */
export const requirements = [
  tool(
    'gcc',
    'compiles the builds, and brings what cross compilers need',
    ['host', 'i386', 'kernel', 'foreign', 'mpi'],
    ['gcc'],
  ),
  tool(
    'make',
    'builds the guest kernel, the library and the fuzzers',
    ['kernel', 'fuzz', 'library', 'package'],
    ['make'],
  ),
  {
    name: 'C library headers',
    purpose: 'the host builds',
    groups: ['host', 'kernel', 'fuzz'],
    debian: ['libc6-dev'],
    find: () => firstFile(['/usr/include/stdio.h']),
  },
  tool('objdump', 'the scan for instructions above the level', ['i386', 'windows'], ['binutils']),
  tool('strip', 'takes the symbols out of programs', ['images', 'package'], ['binutils']),
  tool('dpkg-deb', 'makes a Debian package', ['package'], ['dpkg']),
  {
    name: '32-bit libgcc',
    purpose: 'gcc -m32: the Pentium II and III builds, the guest kernel',
    groups: ['i386', 'kernel'],
    debian: ['gcc-multilib'],
    find: find32BitLibgcc,
  },
  {
    name: 'musl for i386',
    purpose: 'static i386 programs; the first build fetches it with apt-get, without root',
    groups: ['i386'],
    debian: ['apt'],
    elsewhere: 'point LEGACY_LLM_MUSL at a folder with include/ and lib/ of musl for i386',
    find: () =>
      process.env.LEGACY_LLM_MUSL ?? inCache('musl-i386', 'lib/libc.a') ?? onPath('apt-get'),
    version: () => (inCache('musl-i386', 'lib/libc.a') ? undefined : 'not fetched yet'),
  },
  tool('emcc', 'compiles the WebAssembly builds', ['wasm'], ['emscripten'], {
    elsewhere: 'install the Emscripten SDK and put its emcc on the PATH',
    find: findEmcc,
    version: () => firstLine(findEmcc() ?? 'emcc', ['--version']),
  }),
  {
    name: 'i386 programs',
    purpose: 'run here by the kernel, or by qemu-i386-static where it runs none',
    groups: ['i386'],
    debian: ['qemu-user-static'],
    optional: true,
    find: () => (runsI386() ? 'the kernel runs them' : onPath(I386_EMULATOR)),
  },
  {
    name: 'gcc for other processors',
    purpose: 'the PowerPC, ARM, S/390 and RISC-V builds; the first build fetches it, without root',
    groups: ['foreign'],
    debian: ['apt'],
    optional: true,
    find: () => inCache('cross-powerpc', 'SHA256SUMS') ?? onPath('apt-get'),
    version: () => keptVersions('cross-powerpc')[0] ?? 'not fetched yet',
  },
  tool(
    'qemu-ppc-static',
    'runs the builds for other processors',
    ['foreign'],
    ['qemu-user-static'],
    {
      optional: true,
    },
  ),
  tool(
    'i686-w64-mingw32-gcc',
    'compiles the build for Windows',
    ['windows'],
    ['gcc-mingw-w64-i686-win32'],
  ),
  tool('mpicc', 'compiles the build for several ranks', ['mpi'], ['libopenmpi-dev']),
  tool('mpirun', 'starts several ranks', ['mpi'], ['openmpi-bin']),
  tool('ip', 'joins computers by a network', ['network'], ['iproute2']),
  tool('tc', 'slows a network down', ['network'], ['iproute2']),
  tool('flex', 'the configuration tool of the guest kernel', ['kernel'], ['flex']),
  tool('bison', 'the configuration tool of the guest kernel', ['kernel'], ['bison']),
  tool('bc', 'a step of the guest kernel build', ['kernel'], ['bc']),
  tool('xz', 'unpacks the kernel source, compresses images', ['kernel', 'images'], ['xz-utils']),
  {
    name: 'libelf headers',
    purpose: 'tools of the guest kernel build',
    groups: ['kernel'],
    debian: ['libelf-dev'],
    find: () => firstFile(['/usr/include/gelf.h']),
  },
  {
    name: 'Linux 6.1 source',
    purpose: 'the kernel of the emulated laptop',
    groups: ['kernel'],
    debian: ['linux-source-6.1'],
    elsewhere: 'put linux-source-6.1.tar.xz of Debian 12 into /usr/src',
    find: () => firstFile(['/usr/src/linux-source-6.1.tar.xz']),
    version: () => dpkgVersion('linux-source-6.1'),
  },
  tool('mformat', 'makes and reads FAT file systems', ['images', 'computers', 'disks'], ['mtools']),
  tool('syslinux', 'the boot loader of the floppy image', ['images'], ['syslinux']),
  {
    name: 'ISOLINUX',
    purpose: 'the boot loader of the disc image',
    groups: ['images'],
    debian: ['isolinux', 'syslinux-common'],
    find: () =>
      firstFile(['/usr/lib/ISOLINUX/isohdpfx.bin']) &&
      firstFile(['/usr/lib/syslinux/modules/bios/ldlinux.c32']),
    version: () => dpkgVersion('isolinux'),
  },
  tool('xorriso', 'writes the disc image', ['images'], ['xorriso']),
  {
    name: 'SeaBIOS',
    purpose: 'the BIOS with which v86 boots the images',
    groups: ['computers'],
    debian: ['seabios'],
    find: () => firstFile(['/usr/share/seabios/bios.bin']),
    version: () => dpkgVersion('seabios'),
  },
  tool('mke2fs', 'makes and checks ext2 file systems', ['computers', 'disks'], ['e2fsprogs']),
  tool('debugfs', 'reads and writes files of ext2 file systems', ['disks'], ['e2fsprogs']),
  tool('valgrind', 'counts instructions, and looks for errors', ['valgrind'], ['valgrind']),
  tool(
    'pkg-config',
    'tells how a program is compiled with the library',
    ['library'],
    ['pkg-config'],
  ),
  tool('g++', 'reads the header of the library as C++', ['library'], ['g++']),
  tool('clang', 'compiles the fuzzers', ['fuzz'], ['clang']),
  {
    name: 'libFuzzer',
    purpose: 'runs the fuzzers, with the sanitizers of clang',
    groups: ['fuzz'],
    debian: ['libclang-rt-dev'],
    find: findLibFuzzer,
  },
  tool('bochs', 'the strict Pentium II and III', ['bochs', 'computers'], ['bochs', 'bochs-term'], {
    version: () => dpkgVersion('bochs'),
  }),
  {
    name: 'bochs-term',
    purpose: 'Bochs without a window',
    groups: ['bochs'],
    debian: ['bochs-term'],
    find: findBochsTerm,
    version: () => dpkgVersion('bochs-term'),
  },
  tool(
    'qemu-system-i386',
    'boots the images, and the laptop beside Bochs',
    ['qemu', 'computers'],
    ['qemu-system-x86'],
  ),
  tool('chromium', 'the browser in which the page is tested', ['browser'], ['chromium'], {
    version: () => dpkgVersion('chromium'),
  }),
  tool(
    'ccache',
    'keeps what compilers made, so that the tests compile nothing twice',
    ['compile-cache'],
    ['ccache'],
    { optional: true },
  ),
  tool('clang-format', 'the format check of the C sources', ['lint'], ['clang-format'], {
    optional: true,
  }),
];

// What npm scripts need before they run: the words that `node scripts/setup.mjs` takes, beside the
// groups themselves. The commands of the driver say by themselves what their arguments need.
/** @type {Readonly<Record<string, readonly Group[]>>} */
export const tasks = {
  node: [],
  lint: ['lint'],
  test: [
    'host',
    'i386',
    'wasm',
    'foreign',
    'windows',
    'mpi',
    'network',
    'kernel',
    'valgrind',
    'library',
    'fuzz',
    'disks',
    'browser',
    'package',
    'compile-cache',
  ],
};

// The groups that a word of setup.mjs stands for; undefined for any other word.
/** @param {string} word @returns {readonly Group[] | undefined} */
export function groupsOf(word) {
  return tasks[word] ?? (isGroup(word) ? [word] : undefined);
}

/** @param {string} word @returns {word is Group} */
function isGroup(word) {
  return requirements.some(({ groups }) => groups.some((group) => group === word));
}

// The rows of groups.
/** @param {readonly Group[]} groups */
export function requirementsOf(groups) {
  return requirements.filter((row) => row.groups.some((group) => groups.includes(group)));
}

// The row of a missing command, or of the name of another requirement; undefined for unknown ones.
/** @param {string} wanted */
export function requirementFor(wanted) {
  const name = path.basename(wanted);
  const row = requirements.find((each) => each.command === name || each.name === name);
  return row && { row, howToGet: howToGet(row) };
}

// How to get one requirement, on Debian and elsewhere.
/** @param {Requirement} row */
export function howToGet(row) {
  const elsewhere = row.elsewhere ? `; elsewhere ${row.elsewhere}` : '';
  return `On Debian or Ubuntu: ${installCommand(row.debian)}${elsewhere}`;
}

// The commands that install Debian packages, also where apt has no lists yet.
/** @param {readonly string[]} packages */
export function updateAndInstall(packages) {
  return `${sudo()}apt-get update && ${installCommand(packages)}`;
}

function sudo() {
  return process.getuid?.() === 0 ? '' : 'sudo ';
}

// The whole command that installs Debian packages.
/** @param {readonly string[]} packages @param {readonly string[]} [options] */
export function installCommand(packages, options = []) {
  const all = ['--no-install-recommends', ...options, ...packages];
  return `${sudo()}apt-get install ${all.join(' ')}`;
}

// Where the tools of administrators are, which the PATH of an ordinary user of Debian leaves out.
const SBIN = ['/usr/sbin', '/sbin'];

// The full path of a command, on the PATH or among the tools of administrators where it is a name alone;
// undefined where it is not there.
/** @param {string} command */
export function onPath(command) {
  const isName = path.basename(command) === command;
  if (!isName) return isProgram(command) ? command : undefined;
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), ...SBIN];
  return folders.map((folder) => path.join(folder || '.', command)).find(isProgram);
}

/** @param {string} file */
function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

// Whether every package of package-lock.json is installed in its version.
export function npmPackagesCurrent(root = rootDir) {
  const wanted = readPackages(path.join(root, 'package-lock.json'));
  const installed = readPackages(path.join(root, 'node_modules/.package-lock.json'));
  if (!wanted || !installed) return false;
  return Object.entries(wanted).every(([key, entry]) => {
    if (key === '' || entry.optional || entry.devOptional || entry.link) return true;
    const there = installed[key]?.version === entry.version;
    return there && existsSync(path.join(root, key, 'package.json'));
  });
}

/** @typedef {{version?: string, optional?: boolean, devOptional?: boolean, link?: boolean}} Entry */

/**
 * @param {string} file
 * @returns {Record<string, Entry> | undefined}
 */
function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/**
 * A row for a command.
 * @param {string} command
 * @param {string} purpose
 * @param {Group[]} groups
 * @param {string[]} debian
 * @param {Partial<Requirement>} [more]
 * @returns {Requirement}
 */
function tool(command, purpose, groups, debian, more = {}) {
  return {
    name: command,
    command,
    purpose,
    groups,
    debian,
    find: () => onPath(command),
    version: () => firstLine(command, ['--version']),
    ...more,
  };
}

/** @param {readonly string[]} files */
function firstFile(files) {
  return files.find((file) => existsSync(file));
}

// A gcc that has no 32-bit libgcc names the 64-bit one instead, so the two are compared.
function find32BitLibgcc() {
  if (!onPath('gcc')) return undefined;
  const [file, other] = ['-m32', '-m64'].map((width) =>
    firstLine('gcc', [width, '-print-libgcc-file-name']),
  );
  return file !== undefined && file !== other && path.isAbsolute(file)
    ? firstFile([file])
    : undefined;
}

// clang's runtime library of fuzzers lies where clang says, which names it even when it is not there.
function findLibFuzzer() {
  if (!onPath('clang')) return undefined;
  const folder = firstLine('clang', ['-print-runtime-dir']);
  const names = [
    'libclang_rt.fuzzer-x86_64.a',
    'libclang_rt.fuzzer.a',
    'libclang_rt.fuzzer-i386.a',
  ];
  return folder === undefined ? undefined : firstFile(names.map((name) => path.join(folder, name)));
}

// The display of Bochs lies with its other plugins, which Debian keeps by processor.
function findBochsTerm() {
  const plugin = 'bochs/plugins/libbx_term_gui.so';
  return firstFile(entriesOf('/usr/lib').map((entry) => path.join('/usr/lib', entry, plugin)));
}

// The emcc of the PATH, or the one that is unpacked by itself.
export function findEmcc() {
  return onPath('emcc') ?? inCache(EMSCRIPTEN, 'emcc');
}

// A file of the newest version of what the cache keeps under a name.
/** @param {string} name @param {string} file */
function inCache(name, file) {
  for (const root of cacheRoots()) {
    const found = firstFile(versionsIn(root, name).map((entry) => path.join(root, entry, file)));
    if (found !== undefined) return found;
  }
  return undefined;
}

// The entries of the cache that are versions of a name: those of the best place first, each the newest first.
/** @param {string} name @returns {string[]} */
export function keptVersions(name) {
  return cacheRoots().flatMap((root) => versionsIn(root, name));
}

/** @param {string} root @param {string} name @returns {string[]} */
function versionsIn(root, name) {
  const isVersion = (/** @type {string} */ entry) => `${entry}-`.startsWith(`${name}-`);
  const versions = entriesOf(root).filter(isVersion);
  return versions
    .filter((entry) => !entry.endsWith('.tmp'))
    .sort()
    .reverse();
}

/** @param {string} folder @returns {string[]} */
function entriesOf(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** @param {string} name */
function dpkgVersion(name) {
  return firstLine('dpkg-query', ['-W', '-f', '$' + '{Version}', name]);
}

/**
 * The first line that a command prints, or undefined.
 * @param {string} command
 * @param {string[]} args
 */
function firstLine(command, args) {
  const child = spawnSync(command, args, { encoding: 'utf8', timeout: 20_000 });
  return child.status === 0 ? child.stdout.split('\n', 1)[0]?.trim() || undefined : undefined;
}
