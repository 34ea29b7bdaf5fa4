// The floppy image for real: made, booted in QEMU, used over its serial line and by its keyboard.
import path from 'node:path';
import { expect } from 'vitest';
import { makeImage } from '../../ts/images/make.ts';
import { photographStory } from '../../ts/images/picture.ts';
import { findImage } from '../../ts/images/rows.ts';
import { switchOff, tellStory } from '../../ts/images/scripts.ts';
import { tryImage } from '../../ts/images/trials.ts';
import { createProgress } from '../../ts/support/progress.ts';
import { testWith } from '../needs.ts';
import { useTemporaryFolder } from '../temporary.ts';

const COMMANDS = ['mformat', 'syslinux', 'qemu-system-i386'];
const HOW_TO =
  'install qemu-system-x86, mtools and syslinux: node scripts/setup.mjs images computers';

const folder = useTemporaryFolder();
const silent = createProgress({ write: () => true });

testWith(
  COMMANDS,
  HOW_TO,
  'the floppy image tells a Pentium II the story that this machine tells, on both consoles',
  async () => {
    const made = await makeImage(findImage('floppy'), silent, folder());
    expect(made.bytes).toBe(1_474_560);
    const lines = await tryImage(
      {
        image: 'floppy',
        emulator: 'qemu',
        setup: { cpu: 'pentium2', ramMb: 16, drive: 'floppy' },
        boots: [[tellStory, switchOff]],
      },
      made,
      silent,
    );
    expect(lines.slice(1)).toEqual([
      expect.stringMatching(/^story 7, \d+ characters, as this machine tells it$/),
      'may be switched off',
    ]);
    const screen = await photographStory(made, path.join(folder(), 'screen.png'));
    expect(screen).toContain('Each number is another story, the same one on every computer.');
  },
);
