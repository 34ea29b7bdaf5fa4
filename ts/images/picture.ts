// A picture of the screen for the documents: the floppy image in QEMU, used by its keyboard alone.
import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { UserError } from '../support/errors.ts';
import { replaceFile } from '../support/files.ts';
import { withScratch } from '../support/scratch.ts';
import type { ComputerWithScreen } from './computer.ts';
import { Conversation } from './conversation.ts';
import type { MadeImage } from './make.ts';
import { startQemu } from './qemu.ts';
import { reachMenu } from './scripts.ts';

const LOOK_AGAIN_MS = 500;
const MOST_LOOKS = 1200;

// Lets the image tell story 7 on the screen, takes a picture of it, and gives the text on the screen.
export function photographStory(made: MadeImage, file: string): Promise<string> {
  return withScratch('picture', async (folder) => {
    const image = path.join(folder, made.image.file);
    await copyFile(made.path, image);
    const heard = new Conversation();
    const setup = { cpu: 'pentium2', ramMb: 32, image, drive: 'floppy' } as const;
    const computer = await startQemu(setup, heard, folder);
    try {
      await reachMenu({ computer, heard });
      await computer.press(['1']);
      await heard.expect(/The other console is in use\./);
      await seen(computer, /for story 1:/);
      await computer.press(['7', 'ret']);
      const text = await seen(computer, /Press a key for the menu\./);
      await replaceFile(file, (temporary) => computer.photograph(temporary));
      return text;
    } finally {
      await computer.stop();
    }
  });
}

// Looks at the screen until it shows something; gives its text.
async function seen(computer: ComputerWithScreen, wanted: RegExp): Promise<string> {
  for (let look = 0; look < MOST_LOOKS; look++) {
    const text = await computer.readScreen();
    if (wanted.test(text)) return text;
    await wait(LOOK_AGAIN_MS);
  }
  throw new UserError(`the screen never showed ${wanted}`, { hint: await computer.readScreen() });
}
