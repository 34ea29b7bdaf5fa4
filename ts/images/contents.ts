// What an image carries: a kernel, and the file system that it starts with.
import { copyFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { buildTarget } from '../build/build.ts';
import { findTarget } from '../build/targets.ts';
import { ensureI386Program } from '../guest/i386_program.ts';
import { ensureKernel } from '../guest/kernel.ts';
import { exec } from '../support/exec.ts';
import { rootDir } from '../support/paths.ts';
import type { Progress } from '../support/progress.ts';
import { fileSystem, type ImageFile } from './file_system.ts';
import { ensureMenu } from './menu.ts';
import type { Image } from './rows.ts';

export interface Contents {
  kernel: Buffer;
  /** Compressed. */
  files: Buffer;
}

const MODEL = 'data/stories.llm';
const TEXT = 'data/tiny_stories_sample.txt';
const BUSYBOX = '/bin/busybox';
const NO_SHELL = 'The floppy image needs no busybox: npm run images -- --only floppy';
const STORY_END = '\n\n';

// Builds all that is not there yet; `work` is a folder for the time of the work.
export async function contentsOf(
  image: Image,
  work: string,
  progress: Progress,
): Promise<Contents> {
  const onPhase = (phase: string) => progress.update(phase, phase.replace(/ \d+ of.*/, ''));
  const kernel = await readFile(await ensureKernel({ kernel: image.kernel, onPhase }));
  const files = [
    { kind: 'code', path: '/init', data: await readFile(await ensureMenu()) },
    ...(await programsOf(image, work, progress)),
    ...(image.shell ? [await shell(progress)] : []),
    { kind: 'numbers', path: `/${MODEL}`, data: await readFile(path.join(rootDir, MODEL)) },
    { kind: 'text', path: `/${TEXT}`, data: await bundledText(image.textBytes) },
  ] satisfies ImageFile[];
  progress.update('compressing');
  return { kernel, files: await fileSystem(files, work) };
}

async function programsOf(image: Image, work: string, progress: Progress): Promise<ImageFile[]> {
  const onStep = (target: string, step: string) =>
    progress.update(`building ${target}: ${step}`, target);
  const load = async ([inside, name]: [string, string]): Promise<ImageFile> => {
    const { program } = await buildTarget(findTarget(name), { onStep });
    return { kind: 'code', path: inside, data: await stripped(program, work) };
  };
  return Promise.all(Object.entries(image.programs).map(load));
}

// A program without what only debuggers and unwinding need; it runs the same instructions.
async function stripped(program: string, work: string): Promise<Buffer> {
  const file = path.join(work, path.basename(path.dirname(program)));
  await copyFile(program, file);
  const sections = ['.comment', '.eh_frame'].flatMap((name) => ['--remove-section', name]);
  await exec('strip', ['--strip-all', ...sections, file], { what: `strip ${file}` });
  return readFile(file);
}

async function shell(progress: Progress): Promise<ImageFile> {
  const log = (line: string) => progress.line(line);
  const files = await ensureI386Program('busybox', { log, hint: NO_SHELL });
  return { kind: 'code', path: BUSYBOX, data: await readFile(files['/bin/busybox']) };
}

async function bundledText(bytes: number): Promise<Buffer> {
  return wholeStories(await readFile(path.join(rootDir, TEXT)), bytes);
}

// The first stories of a text, which an empty line separates: as many as fit.
export function wholeStories(text: Buffer, bytes: number): Buffer {
  if (text.length <= bytes) return text;
  const end = text.subarray(0, bytes).lastIndexOf(STORY_END);
  return text.subarray(0, end < 0 ? 0 : end + 1);
}
