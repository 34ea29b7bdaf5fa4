// Programs for machines that Debian has compiled: each with the libraries that it needs, from packages
// for i386 that are unpacked by themselves, and kept in the cache.
import { copyFile, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { kept } from '../../scripts/cache.mjs';
import { unpackI386Package } from '../build/i386_package.ts';

// Where each file stands in a machine -> where it is in the packages.
const programs = {
  busybox: { packages: ['busybox-static'], files: { '/bin/busybox': 'bin/busybox' } },
  e2fsck: { packages: ['e2fsck-static'], files: { '/bin/e2fsck': 'sbin/e2fsck.static' } },
  'fsck.fat': {
    packages: ['dosfstools', 'libc6'],
    files: {
      '/bin/fsck.fat': 'sbin/fsck.fat',
      '/lib/ld-linux.so.2': 'lib/i386-linux-gnu/ld-linux.so.2',
      '/lib/libc.so.6': 'lib/i386-linux-gnu/libc.so.6',
    },
  },
} as const;

export type I386Program = keyof typeof programs;

/** Where each file stands in a machine -> its path here. */
export type I386Files<Name extends I386Program> = Record<
  keyof (typeof programs)[Name]['files'],
  string
>;

// Who is told of the download, and how one can do without the program.
export interface I386ProgramOptions {
  log: (line: string) => void;
  hint: string;
}

// The files of a program.
export async function ensureI386Program<Name extends I386Program>(
  name: Name,
  { log, hint }: I386ProgramOptions,
): Promise<I386Files<Name>> {
  const { packages, files } = programs[name];
  const make = async (folder: string) => {
    log(`fetching ${name} for i386 with apt-get`);
    const tree = path.join(folder, 'unpacked');
    await mkdir(tree);
    for (const each of packages) await unpackI386Package(each, tree, hint);
    for (const [place, from] of Object.entries(files)) {
      await copyFile(path.join(tree, from), path.join(folder, path.basename(place)));
    }
    await rm(tree, { recursive: true });
  };
  const folder = await kept({ name: `${name}-i386`, what: `${name} for i386`, make }, { log });
  const here = Object.keys(files).map((place) => [place, path.join(folder, path.basename(place))]);
  return Object.fromEntries(here) as I386Files<Name>;
}
