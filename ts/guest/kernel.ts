// A Linux kernel - of the emulated laptop, unless another is asked for - built once from Debian's
// kernel source and kept in the cache by content: options, source, compiler and recipe. The same
// inputs give the same bytes.
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { kept } from '../../scripts/cache.mjs';
import { errorCode, UserError } from '../support/errors.ts';
import { exec } from '../support/exec.ts';
import { sha256File, sha256Json } from '../support/hash.ts';
import { interruptSignal } from '../support/interrupt.ts';
import { rootDir } from '../support/paths.ts';
import { hasKernelSum } from './kernel_sum.ts';

const SOURCE = '/usr/src/linux-source-6.1.tar.xz';
const IMAGE = 'bzImage';
const BUILT = 'arch/x86/boot/bzImage';
const JOBS = 2;
// For the progress line only.
const FILES = 550;
const INSTALL =
  'apt-get install linux-source-6.1 gcc-multilib make flex bison bc libelf-dev xz-utils';

// All that decides the bytes besides the source, the options and the compiler.
const recipe = {
  base: 'tinyconfig',
  env: {
    ARCH: 'i386',
    LC_ALL: 'C',
    KBUILD_BUILD_TIMESTAMP: '2000-10-01',
    KBUILD_BUILD_USER: 'legacy-llm',
    KBUILD_BUILD_HOST: 'legacy-llm',
    KBUILD_BUILD_VERSION: '1',
  },
} as const;

// A kernel: the options that it has on top of Linux's "tinyconfig".
export interface Kernel {
  /** As people call it, for messages. */
  what: string;
  /** Files of options, relative to the checkout; a later one overrules those before it. */
  fragments: readonly string[];
}

export const laptopKernel: Kernel = {
  what: 'the kernel of the laptop',
  fragments: ['emu/kernel.config'],
};

export const diskKernel: Kernel = {
  what: 'the kernel of the laptop with disks',
  fragments: [...laptopKernel.fragments, 'emu/disks.config'],
};

// The command line of laptops. tsc at a fixed rate: no calibration loop. No address randomisation: the
// same addresses each time.
export const kernelCommandLine = [
  'console=ttyS0',
  'panic=0',
  'rdinit=/init',
  'tsc=reliable',
  'tsc_early_khz=1000000',
  'norandmaps',
];

// Which kernel, who is told of its build, and what stops it.
export interface KernelOptions {
  /** Default: that of the emulated laptop. */
  kernel?: Kernel;
  /** What is being done, for a progress line. */
  onPhase?: (phase: string) => void;
  signal?: AbortSignal;
}

// The path of the kernel, built first when no cache has it whole (two minutes).
export async function ensureKernel(options: KernelOptions = {}): Promise<string> {
  const { what, fragments } = options.kernel ?? laptopKernel;
  const wanted = await readFragments(fragments);
  const folder = await kept(
    {
      name: path.join('kernel', await kernelKey(wanted)),
      what,
      make: (work) => buildKernel(work, wanted, options),
      isWhole,
    },
    { log: (line) => options.onPhase?.(line), signal: options.signal ?? interruptSignal },
  );
  return path.join(folder, IMAGE);
}

// The options of all these files, a later one in place of those before it.
export async function readFragments(fragments: readonly string[]): Promise<Map<string, string>> {
  const texts = fragments.map((name) => readFile(path.join(rootDir, name), 'utf8'));
  return new Map((await Promise.all(texts)).flatMap((text) => [...parseFragment(text)]));
}

async function kernelKey(wanted: ReadonlyMap<string, string>): Promise<string> {
  const [source, compiler, linker] = await Promise.all([
    sourceHash(),
    exec('gcc', ['--version'], { what: 'gcc --version' }),
    exec('ld', ['--version'], { what: 'ld --version' }),
  ]);
  const firstLine = (text: string) => text.split('\n', 1)[0];
  const tools = [firstLine(compiler.stdout), firstLine(linker.stdout)];
  return sha256Json({ recipe, options: [...wanted], source, tools });
}

async function sourceHash(): Promise<string> {
  try {
    return await sha256File(SOURCE);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    throw new UserError(`the kernel source is missing: ${SOURCE}`, { hint: `As root: ${INSTALL}` });
  }
}

// Builds in a folder of its own and leaves the kernel and its configuration.
async function buildKernel(
  folder: string,
  wanted: ReadonlyMap<string, string>,
  options: KernelOptions,
): Promise<void> {
  const work = path.join(folder, 'source');
  await mkdir(work);
  options.onPhase?.('kernel: unpacking the source');
  const tar = ['-xf', SOURCE, '--strip-components=1', '-C', work];
  await exec('tar', tar, { what: 'unpack the kernel source', ...signalOf(options) });
  await configure(work, wanted, options);
  await compile(work, options);
  await rename(path.join(work, BUILT), path.join(folder, IMAGE));
  await rename(path.join(work, '.config'), path.join(folder, 'config'));
  await rm(work, { recursive: true });
  if (!(await isWhole(folder))) throw new UserError('the kernel that was built is not whole');
}

// Whether there are a kernel and its configuration, and the kernel has the checksum that its own
// build wrote at its end.
async function isWhole(folder: string): Promise<boolean> {
  const [image, config] = await Promise.all(
    [IMAGE, 'config'].map((name) => readFile(path.join(folder, name))),
  );
  return image !== undefined && hasKernelSum(image) && (config?.length ?? 0) > 0;
}

async function configure(
  work: string,
  wanted: ReadonlyMap<string, string>,
  options: KernelOptions,
): Promise<void> {
  options.onPhase?.('kernel: configuring');
  await make(work, [recipe.base], options);
  const config = path.join(work, '.config');
  const lines = [...wanted].map(([name, value]) => `${name}=${value}\n`);
  await writeFile(config, `${await readFile(config, 'utf8')}\n${lines.join('')}`);
  await make(work, ['olddefconfig'], options);
  const lost = lostOptions(wanted, await readFile(config, 'utf8'));
  if (lost.length > 0) {
    const { fragments } = options.kernel ?? laptopKernel;
    throw new UserError(
      `${fragments.join(', ')}: ${lost.length} options were changed by the kernel`,
      { hint: lost.join('\n') },
    );
  }
}

async function compile(work: string, options: KernelOptions): Promise<void> {
  let files = 0;
  await make(work, [`-j${JOBS}`, 'bzImage'], options, (line) => {
    if (/^ {2}(CC|AS) /.test(line))
      options.onPhase?.(`kernel: compiled ${++files} of about ${FILES}`);
  });
}

async function make(
  work: string,
  args: readonly string[],
  options: KernelOptions,
  onStdout?: (line: string) => void,
): Promise<void> {
  await exec('make', args, {
    cwd: work,
    env: { ...recipe.env, TMPDIR: work }, // the compiler leaves files there when it is ended
    what: `kernel: make ${args.join(' ')}`,
    hint: `The kernel needs: ${INSTALL}`,
    ...signalOf(options),
    ...(onStdout && { onStdout }),
  });
}

function signalOf({ signal }: KernelOptions): { signal?: AbortSignal } {
  return signal ? { signal } : {};
}

// The options of a kernel configuration, "n" for "is not set".
export function parseFragment(text: string): Map<string, string> {
  const options = new Map<string, string>();
  for (const line of text.split('\n')) {
    const unset = /^# (CONFIG_\w+) is not set$/.exec(line);
    const set = /^(CONFIG_\w+)=(.*)$/.exec(line);
    if (unset?.[1]) options.set(unset[1], 'n');
    else if (set?.[1]) options.set(set[1], set[2] ?? '');
  }
  return options;
}

// The options that a final configuration does not have as asked, one line each.
export function lostOptions(wanted: ReadonlyMap<string, string>, config: string): string[] {
  const final = parseFragment(config);
  return [...wanted]
    .filter(([name, value]) => (final.get(name) ?? 'n') !== value)
    .map(([name, value]) => `${name}=${value} became ${final.get(name) ?? 'n'}`);
}
