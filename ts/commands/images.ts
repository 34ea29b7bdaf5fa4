// `legacy-llm images`: makes the images for real computers, and tries them in emulated ones.
import type { Command } from 'commander';
import { checkOutputs } from '../../scripts/output.mjs';
import { type MadeImage, makeImage } from '../images/make.ts';
import { photographStory } from '../images/picture.ts';
import { findImage, imageGroups, images } from '../images/rows.ts';
import { nameOf, trials, tryImage } from '../images/trials.ts';
import { namesOf } from '../support/arguments.ts';
import { UserError } from '../support/errors.ts';
import { displayPath } from '../support/paths.ts';
import { createProgress, type Progress } from '../support/progress.ts';
import { withScratch } from '../support/scratch.ts';
import { type Group, provide } from '../support/setup.ts';

interface Options {
  only?: string[];
  check?: boolean;
  try?: boolean;
  picture?: string;
}

// Adds the command to the program.
export function registerImages(program: Command): void {
  program
    .command('images')
    .description(
      'make the images that start a real computer from a floppy disk, a CD or a USB stick\n' +
        '(images/media/; docs/images.md says how to write them)',
    )
    .option('--only <images>', `make only these: ${names()}`, namesOf('an image'))
    .option('--check', 'make each once more and compare the bytes')
    .option('--try', 'boot each in emulated computers and use its menu (QEMU and v86)')
    .option('--picture <file>', 'write a PNG of the screen of the floppy image (QEMU)')
    .action(run);
}

function names(): string {
  return images.map((image) => image.name).join(', ');
}

// What the options need beside what every image needs.
export function groupsOf({ try: isTried, picture }: Options): Group[] {
  const tried: Group[] = isTried ? ['host', 'computers'] : [];
  const seen: Group[] = picture === undefined ? [] : ['computers'];
  return [...imageGroups, ...tried, ...seen];
}

const isPictured = ({ name }: { name: string }) => name === 'floppy';

async function run(options: Options): Promise<void> {
  const chosen = options.only ? [...new Set(options.only)].map(findImage) : images;
  const { picture } = options;
  if (picture !== undefined) {
    if (!chosen.some(isPictured))
      throw new UserError('--picture shows the floppy image', {
        hint: 'Add `floppy` to --only, or leave out --picture.',
        exitCode: 2,
      });
    await checkOutputs([{ path: picture, option: '--picture' }]);
  }
  await provide(groupsOf(options));
  const progress = createProgress();
  try {
    for (const image of chosen) {
      const made = await makeImage(image, progress);
      progress.clear();
      console.log(describe(made));
      if (options.check) await makeAgain(made, progress);
      if (options.try) await tryAll(made, progress);
      if (picture !== undefined && isPictured(made.image)) {
        await photographStory(made, picture);
        console.log(`  picture: ${displayPath(picture)}`);
      }
    }
  } finally {
    progress.clear();
  }
}

// "floppy: images/media/..., 1,474,560 bytes, 31,232 of them free".
function describe(made: MadeImage): string {
  const count = (bytes: number) => bytes.toLocaleString('en-US');
  const { image, free, bytes } = made;
  const room = image.medium === 'floppy' ? `, ${count(free)} of them free` : '';
  return [
    `${image.name}: ${displayPath(made.path)}, ${count(bytes)} bytes${room}`,
    `  kernel ${count(made.kernelBytes)}, files ${count(made.filesBytes)} (compressed)`,
    `  sha256 ${made.sha256}`,
  ].join('\n');
}

async function makeAgain(made: MadeImage, progress: Progress): Promise<void> {
  const again = await withScratch('again', (folder) => makeImage(made.image, progress, folder));
  progress.clear();
  if (again.sha256 !== made.sha256) {
    throw new UserError(`the ${made.image.name} image has other bytes when it is made again`, {
      hint: `sha256 ${again.sha256}, before ${made.sha256}`,
    });
  }
  console.log('  made twice: the same bytes');
}

async function tryAll(made: MadeImage, progress: Progress): Promise<void> {
  for (const trial of trials.filter(({ image }) => image === made.image.name)) {
    const lines = await tryImage(trial, made, progress);
    progress.clear();
    console.log([`  ${nameOf(trial)}:`, ...lines.map((line) => `    ${line}`)].join('\n'));
  }
}
