// Programs for machines that Debian has compiled: packages for i386 with a static program in them, each
// unpacked by itself and kept in the cache.
import { copyFile, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { kept } from '../../scripts/cache.mjs';
import { unpackI386Package } from '../build/i386_package.ts';

const programs = {
  busybox: { package: 'busybox-static', inside: 'bin/busybox' },
  e2fsck: { package: 'e2fsck-static', inside: 'sbin/e2fsck.static' },
} as const;

export type StaticProgram = keyof typeof programs;

// Who is told of the download, and how one can do without the program.
export interface StaticProgramOptions {
  log: (line: string) => void;
  hint: string;
}

// The path of a static program.
export async function ensureStaticProgram(
  name: StaticProgram,
  { log, hint }: StaticProgramOptions,
): Promise<string> {
  const row = programs[name];
  const make = async (folder: string) => {
    log(`fetching ${name} for i386 with apt-get`);
    const tree = path.join(folder, 'unpacked');
    await mkdir(tree);
    await unpackI386Package(row.package, tree, hint);
    await copyFile(path.join(tree, row.inside), path.join(folder, name));
    await rm(tree, { recursive: true });
  };
  const folder = await kept({ name: `${name}-i386`, what: `${name} for i386`, make }, { log });
  return path.join(folder, name);
}
