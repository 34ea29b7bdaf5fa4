// The compilers for other processors: Debian's cross gcc with the C library of its processor. They
// conflict with gcc-multilib, which the i386 builds need, so they are never installed: the packages are
// fetched without root, unpacked by themselves and kept in the cache.
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { kept } from '../../scripts/cache.mjs';
import { candidateVersion, dependenciesOf, unpackPackages } from '../../scripts/debian.mjs';
import { keptVersions, onPath } from '../../scripts/requirements.mjs';
import { UserError } from '../support/errors.ts';
import { interruptSignal } from '../support/interrupt.ts';
import type { Processor } from './processors.ts';

export interface CrossCompiler {
  /** The compiler's file. */
  gcc: string;
  /** The folder that it takes everything from. */
  root: string;
  /** "12.2.0-13cross1" */
  version: string;
}

// Whether a processor's compiler is in the cache, or could be fetched.
export function isCompilerWithinReach({ debian }: Processor): boolean {
  return keptVersions(prefixOf(debian)).length > 0 || onPath('apt-get') !== undefined;
}

const prefixOf = (debian: string) => `cross-${debian}`;

const ensured = new Map<string, Promise<CrossCompiler>>();

// The compiler for a processor; asked for several times at once, it is provided once.
export function ensureCrossCompiler(
  processor: Processor,
  log: (line: string) => void = () => {},
): Promise<CrossCompiler> {
  const { triplet } = processor;
  const before = ensured.get(triplet);
  if (before) return before;
  const provided = provide(processor, log).catch((error: unknown) => {
    ensured.delete(triplet);
    throw error;
  });
  ensured.set(triplet, provided);
  return provided;
}

async function provide(processor: Processor, log: (line: string) => void): Promise<CrossCompiler> {
  const { triplet, debian } = processor;
  const what = `gcc for ${debian}`;
  const prefix = prefixOf(debian);
  const make = async (folder: string) => {
    log(`fetching ${what} with apt-get (32 MB)`);
    await unpack(processor, folder);
  };
  const name = keptVersions(prefix)[0] ?? `${prefix}-${versionOfDebian(triplet, what)}`;
  const root = await kept({ name, what, make }, { log, signal: interruptSignal });
  return { root, gcc: await gccIn(root, triplet), version: name.slice(prefix.length + 1) };
}

// Its name ends in its major version.
async function gccIn(root: string, triplet: string): Promise<string> {
  const folder = path.join(root, 'usr/bin');
  const name = (await readdir(folder)).find((each) => /-gcc-\d+$/.test(each));
  if (name !== undefined) return path.join(folder, name);
  throw new Error(`there is no gcc for ${triplet} in ${folder}`);
}

function versionOfDebian(triplet: string, what: string): string {
  const version = onPath('apt-get') && candidateVersion(gccPackage(triplet));
  if (version) return version;
  throw new UserError(`apt knows no ${what}`, {
    hint: 'Run apt-get update; on another system than Debian these builds cannot be made.',
  });
}

// "gcc-12-powerpc-linux-gnu", which gcc-powerpc-linux-gnu depends on.
function gccPackage(triplet: string): string {
  const named = new RegExp(`^gcc-\\d+-${triplet}$`);
  return dependenciesOf(`gcc-${triplet}`).find((name) => named.test(name)) ?? `gcc-${triplet}`;
}

// The compiler alone: what a static C program needs, nothing for C++, sanitizers or link-time optimisation.
async function unpack({ triplet, debian }: Processor, folder: string): Promise<void> {
  const gcc = gccPackage(triplet);
  const major = /^gcc-(\d+)-/.exec(gcc)?.[1] ?? '';
  const ofTarget = [`libgcc-${major}-dev`, 'libc6-dev', 'linux-libc-dev'];
  const archives = await unpackPackages(
    [
      ...[gcc, gcc.replace('gcc-', 'cpp-'), `binutils-${triplet}`],
      ...ofTarget.map((name) => `${name}-${debian}-cross`),
    ],
    folder,
  );
  const unused = [`bin/${triplet}-lto-dump-${major}`, `lib/gcc-cross/${triplet}/${major}/lto1`];
  for (const name of [archives, ...unused.map((each) => path.join(folder, 'usr', each))]) {
    await rm(name, { force: true, recursive: true });
  }
}
