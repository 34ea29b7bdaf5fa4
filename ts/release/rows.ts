// What a release holds, as rows of data. How a row is made stands in make.ts, and whose work is in it
// in works.ts.
import { findTarget, groupsOfTargets } from '../build/targets.ts';
import { findImage, type ImageName, imageGroups } from '../images/rows.ts';
import { rowNamed } from '../support/rows.ts';
import type { Group } from '../support/setup.ts';
import type { WorkName } from './works.ts';

// One part of a release.
export interface Part {
  name: string;
  /** An image, the program of a target in a folder of its own, the sources, or a package of Debian's. */
  from: { image: ImageName } | { target: string } | 'source' | 'package';
  title: string;
  /** How a person begins with it, in the folder of the release. */
  use: string;
  /** What of others is in it. */
  works: readonly WorkName[];
}

const I386 = ['musl'] as const;
const BOOTED = ['musl', 'linux', 'syslinux'] as const;

// The rows, in the order in which they are made and told.
export const parts: readonly Part[] = [
  {
    name: 'source',
    from: 'source',
    title: 'all sources, with the documents',
    use: 'tar -xzf FILE; README.md is the beginning',
    works: [],
  },
  {
    name: 'deb',
    from: 'package',
    title: 'package for Debian and its kin, of the processor that made it',
    use: 'apt install ./FILE, then legacy_llm generate',
    works: [],
  },
  {
    name: 'floppy',
    from: { image: 'floppy' },
    title: 'image of a 1.44 MB floppy disk that starts a PC from a Pentium II on',
    use: 'dd if=FILE of=/dev/fd0 bs=18k conv=fsync; docs/images.md of the sources says more',
    works: BOOTED,
  },
  {
    name: 'disc',
    from: { image: 'disc' },
    title: 'image of a CD or USB stick that starts a PC from a Pentium II on',
    use: 'write it as an image, not as a file; docs/images.md of the sources says how',
    works: [...BOOTED, 'busybox'],
  },
  {
    name: 'p2',
    from: { target: 'p2' },
    title: 'the program for Linux on a Pentium II or later',
    use: 'cd p2 && ./legacy_llm generate',
    works: I386,
  },
  {
    name: 'p3',
    from: { target: 'p3' },
    title: 'the program for Linux on a Pentium III or later',
    use: 'cd p3 && ./legacy_llm generate',
    works: I386,
  },
  {
    name: 'ppc',
    from: { target: 'ppc' },
    title: 'the program for Linux on a PowerPC 750 (an iBook G3) or later, big-endian',
    use: 'cd ppc && ./legacy_llm generate',
    works: ['glibc'],
  },
  {
    name: 'win32',
    from: { target: 'win32' },
    title: 'the program for Windows 98 or later on a Pentium III or later',
    use: 'cd win32, then legacy_llm generate',
    works: ['mingw'],
  },
  {
    name: 'wasm',
    from: { target: 'wasm' },
    title: 'the program for Node.js, any processor',
    use: 'cd wasm && node legacy_llm.js generate',
    works: ['emscripten'],
  },
  {
    name: 'wasm-simd',
    from: { target: 'wasm-simd' },
    title: 'the program for Node.js, any processor, faster where it has 128-bit SIMD',
    use: 'cd wasm-simd && node legacy_llm.js generate',
    works: ['emscripten'],
  },
];

// The row of a name; a name that is none is a usage error that lists them.
export function findPart(name: string): Part {
  return rowNamed(parts, name, 'part');
}

// A part, and its files in the release.
export interface MadePart {
  part: Part;
  files: readonly string[];
}

// The builds of the program that a part has in it, but for what `make` builds.
export function targetsOfPart({ from }: Part): readonly string[] {
  if (from === 'source' || from === 'package') return [];
  return 'image' in from ? Object.values(findImage(from.image).programs) : [from.target];
}

// What has to be installed to make a part.
export function groupsOfPart({ from }: Part): readonly Group[] {
  if (from === 'source') return [];
  if (from === 'package') return ['host', 'package'];
  return 'image' in from ? imageGroups : groupsOfTargets([findTarget(from.target)]);
}
