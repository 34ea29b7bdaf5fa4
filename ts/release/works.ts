// What of others is in the parts of a release: whose work, under which licence, and the Debian source
// package, in the version that was used. Who passes a part on has to offer the sources of what is
// under the GNU GPL or LGPL, too.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ensureCrossCompiler } from '../build/cross.ts';
import { processors } from '../build/processors.ts';
import { ensureSysroot } from '../build/sysroot.ts';
import { findTarget } from '../build/targets.ts';
import { toolchainOf } from '../build/toolchain.ts';
import { ensureI386Program } from '../guest/i386_program.ts';
import { UserError } from '../support/errors.ts';
import { exec } from '../support/exec.ts';

export type WorkName = 'linux' | 'syslinux' | 'busybox' | 'musl' | 'glibc' | 'mingw' | 'emscripten';

// One work of others.
export interface Work {
  title: string;
  licence: string;
  /** The Debian source package. */
  source: string;
  /** The version of what is in the release. */
  version: () => Promise<string>;
}

export const works: Readonly<Record<WorkName, Work>> = {
  linux: {
    title: 'Linux',
    licence: 'GNU GPL 2',
    source: 'linux',
    version: () => installed('linux-source-6.1'),
  },
  syslinux: {
    title: 'SYSLINUX and ISOLINUX',
    licence: 'GNU GPL 2 or later',
    source: 'syslinux',
    version: () => installed('syslinux-common'),
  },
  busybox: {
    title: 'busybox',
    licence: 'GNU GPL 2',
    source: 'busybox',
    version: async () => {
      const files = await ensureI386Program('busybox', { log: () => {}, hint: '' });
      return said(files['/bin/busybox'], /BusyBox v\S+ \(Debian (\S+)\)/);
    },
  },
  musl: {
    title: 'musl',
    licence: 'MIT',
    source: 'musl',
    version: async () => (await ensureSysroot()).version.replace(/^musl /, ''),
  },
  glibc: {
    title: 'the GNU C library',
    licence: 'GNU LGPL 2.1 or later',
    source: 'glibc',
    version: async () => {
      const { root } = await ensureCrossCompiler(processors.ppc);
      const library = path.join(root, 'usr', processors.ppc.triplet, 'lib/libc.a');
      return said(library, /GNU C Library \(Debian GLIBC (\S+)\)/);
    },
  },
  mingw: {
    title: 'the runtime of MinGW-w64',
    licence: 'public domain and Zope Public License 2.1',
    source: 'mingw-w64',
    version: () => installed('mingw-w64-i686-dev'),
  },
  emscripten: {
    title: 'the runtime of Emscripten, with musl',
    licence: 'MIT',
    source: 'emscripten',
    version: async () => {
      const { version } = await toolchainOf(findTarget('wasm'));
      return /\d+\.\d+\.\d+/.exec(version)?.[0] ?? version;
    },
  },
};

// The version of a source from which an installed Debian package was made.
async function installed(name: string): Promise<string> {
  const format = '$' + '{source:Version}';
  const { stdout } = await exec('dpkg-query', ['-W', '-f', format, name], {
    what: `ask for the version of ${name}`,
  });
  return stdout.trim();
}

// What a binary file says of its own version.
async function said(file: string, version: RegExp): Promise<string> {
  const found = version.exec(await readFile(file, 'latin1'))?.[1];
  if (found !== undefined) return found;
  throw new UserError(`${file} does not say which version it is`);
}
