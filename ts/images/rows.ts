// The images for real computers, as rows of data. How a row becomes an image stands in make.ts.
import type { Kernel } from '../guest/kernel.ts';
import { rowNamed } from '../support/rows.ts';
import type { Group } from '../support/setup.ts';

export type ImageName = 'floppy' | 'disc';

// One image.
export interface Image {
  name: ImageName;
  title: string;
  /** Its file, in images/media/. */
  file: string;
  /** A floppy image has exactly this size, any other at most. */
  bytes: number;
  medium: 'floppy' | 'cd-and-stick';
  kernel: Kernel;
  /** The builds of the program that it carries: path inside -> target. */
  programs: Readonly<Record<string, string>>;
  /** How much of the bundled text it carries, in whole stories: at most these bytes. */
  textBytes: number;
  /** Whether it carries busybox. */
  shell: boolean;
}

// The paths that emu/boot/menu.c knows.
const PROGRAM = '/legacy_llm';
const FAST_PROGRAM = '/legacy_llm_p3';

const SCREEN = ['emu/kernel.config', 'emu/boot/screen.config'];

// The rows, in the order in which they are made.
export const images: readonly Image[] = [
  {
    name: 'floppy',
    title: 'a 1.44 MB floppy disk: stories and trainings in memory',
    file: 'legacy_llm_floppy.img',
    bytes: 1_474_560,
    medium: 'floppy',
    kernel: { what: 'the kernel of the floppy disk', fragments: SCREEN },
    programs: { [PROGRAM]: 'p2-small' },
    textBytes: 64 * 1024,
    shell: false,
  },
  {
    name: 'disc',
    title: 'a CD or USB stick: keeps models on disks, and has a shell',
    file: 'legacy_llm_disc.iso',
    bytes: 16_000_000,
    medium: 'cd-and-stick',
    kernel: {
      what: 'the kernel of the disc',
      fragments: [...SCREEN, 'emu/disks.config', 'emu/boot/disks.config'],
    },
    programs: { [PROGRAM]: 'p2', [FAST_PROGRAM]: 'p3' },
    textBytes: 1024 * 1024,
    shell: true,
  },
];

// What has to be installed to make an image.
export const imageGroups: readonly Group[] = ['i386', 'kernel', 'images'];

// The row of a name; a name that is none is a usage error that lists them.
export function findImage(name: string): Image {
  return rowNamed(images, name, 'image');
}
