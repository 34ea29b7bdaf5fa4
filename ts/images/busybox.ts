// The shell of the disc: Debian's busybox for i386, unpacked by itself and kept in the cache.
import { copyFile, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { kept } from '../../scripts/cache.mjs';
import { unpackI386Package } from '../build/i386_package.ts';

const PACKAGE = 'busybox-static';
const HINT = 'The floppy image needs no busybox: npm run images -- --only floppy';

// The path of a static busybox.
export async function ensureBusybox(log: (line: string) => void): Promise<string> {
  const make = async (folder: string) => {
    log('fetching busybox for i386 with apt-get');
    const tree = path.join(folder, 'unpacked');
    await mkdir(tree);
    await unpackI386Package(PACKAGE, tree, HINT);
    await copyFile(path.join(tree, 'bin/busybox'), path.join(folder, 'busybox'));
    await rm(tree, { recursive: true });
  };
  const folder = await kept({ name: 'busybox-i386', what: 'busybox for i386', make }, { log });
  return path.join(folder, 'busybox');
}
