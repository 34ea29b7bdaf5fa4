// Makes a release: a folder with its parts, what a receiver has to know of them, and the sums of all
// files. It is there whole or not at all.
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { replaceFolder } from '../../scripts/output.mjs';
import { filesOf, sumsOf } from '../../scripts/sums.mjs';
import { type BuildRecord, buildTarget } from '../build/build.ts';
import { findTarget } from '../build/targets.ts';
import { toolchainOf } from '../build/toolchain.ts';
import { makeImage } from '../images/make.ts';
import { findImage } from '../images/rows.ts';
import { UserError } from '../support/errors.ts';
import { readTextIfThere } from '../support/files.ts';
import { interruptSignal } from '../support/interrupt.ts';
import { imagesDir, rootDir } from '../support/paths.ts';
import type { Progress } from '../support/progress.ts';
import { provide } from '../support/setup.ts';
import { writeDeb } from './deb.ts';
import { setModes } from './modes.ts';
import { readmeOf } from './readme.ts';
import { groupsOfPart, type MadePart, type Part } from './rows.ts';
import { commitOf, writeSource } from './source.ts';

export const releaseDir = path.join(imagesDir, 'release');
export const SUMS = 'SHA256SUMS';
const README = 'README.txt';
const ABOUT = ' of a release of legacy_llm';
const PROGRAM = /^legacy_llm(\.exe)?$/;

// What a program needs beside itself, by its place in the checkout.
const LICENCE = 'LICENSE';
const DATA = ['data/stories.llm', 'data/tiny_stories_sample.txt'];

// A part that cannot be made here, and why.
export interface Lacking {
  part: Part;
  why: string;
}

// The version that the program has.
export async function versionOf(root: string = rootDir): Promise<string> {
  const header = await readFile(path.join(root, 'c/include/legacy_llm.h'), 'utf8');
  const version = /LEGACY_LLM_VERSION "(.*)"/.exec(header)?.[1];
  if (version !== undefined) return version;
  throw new Error('legacy_llm.h has no version');
}

// Sets up what the parts need, and gives those for which that cannot be done.
export async function lackingOf(
  parts: readonly Part[],
  log: (line: string) => void,
): Promise<Lacking[]> {
  const lacking: Lacking[] = [];
  for (const part of parts) {
    try {
      await setUpPart(part, log);
    } catch (error) {
      interruptSignal.throwIfAborted();
      if (!(error instanceof UserError)) throw error;
      lacking.push({ part, why: error.message });
    }
  }
  return lacking;
}

async function setUpPart(part: Part, log: (line: string) => void): Promise<void> {
  const { from } = part;
  await provide(groupsOfPart(part));
  if (from === 'source') {
    if (await commitOf(rootDir)) return;
    throw new UserError('this folder is no checkout of git with a commit');
  }
  if (typeof from === 'object' && 'target' in from) await toolchainOf(findTarget(from.target), log);
}

// Makes a release of these parts in place of one that is there.
export function makeRelease(
  parts: readonly Part[],
  folder: string,
  progress: Progress,
): Promise<MadePart[]> {
  const made: MadePart[] = [];
  const fill = async (work: string) => {
    for (const part of parts) {
      interruptSignal.throwIfAborted();
      const before = await filesOf(work);
      await makePart(part, work, progress);
      const files = (await filesOf(work)).filter((name) => !before.includes(name));
      made.push({ part, files });
    }
    await copyFile(path.join(rootDir, LICENCE), path.join(work, LICENCE));
    const facts = { version: await versionOf(), commit: await commitOf(rootDir) };
    await writeFile(path.join(work, README), withCrLf(await readmeOf(made, facts)));
    await writeFile(path.join(work, SUMS), await sumsOf(work, undefined, ABOUT));
    await setModes(work, (file) => PROGRAM.test(path.basename(file)));
  };
  return replaceFolder(folder, fill).then(() => made);
}

async function makePart({ from, name }: Part, work: string, progress: Progress): Promise<void> {
  if (from === 'source') {
    progress.update('archiving the sources');
    const folder = `legacy_llm-${await versionOf()}`;
    await writeSource(rootDir, folder, path.join(work, `${folder}.tar.gz`));
  } else if (from === 'package') {
    progress.update('making the Debian package');
    await writeDeb(await versionOf(), work);
  } else if ('image' in from) {
    await makeImage(findImage(from.image), progress, work);
  } else {
    await makeProgram(from.target, path.join(work, name), progress);
  }
}

// The editor of Windows 98 shows lines that end otherwise as one.
function withCrLf(text: string): string {
  return text.replaceAll('\n', '\r\n');
}

// A folder that can be copied to another computer by itself: the program, its data, the licence.
async function makeProgram(target: string, folder: string, progress: Progress): Promise<void> {
  const onStep = (_: string, step: string) =>
    progress.update(`building ${target}: ${step}`, target);
  const { program, record } = await buildTarget(findTarget(target), { onStep });
  const { outputs } = JSON.parse(await readFile(record, 'utf8')) as BuildRecord;
  await mkdir(path.join(folder, 'data'), { recursive: true });
  for (const name of Object.keys(outputs)) {
    await copyFile(path.join(path.dirname(program), name), path.join(folder, name));
  }
  for (const name of [LICENCE, ...DATA]) {
    await copyFile(path.join(rootDir, name), path.join(folder, name));
  }
}

// Refuses a folder in which there is anything that no release put there.
export async function checkReleaseFolder(folder: string): Promise<void> {
  const entries = await readdir(folder).catch(() => []);
  if (entries.length === 0) return;
  const sums = (await readTextIfThere(path.join(folder, SUMS))) ?? '';
  const names = new Set(sums.split('\n').map((line) => line.slice(66)));
  const others = (await filesOf(folder)).filter((name) => name !== SUMS && !names.has(name));
  if (sums.split('\n', 1)[0]?.endsWith(ABOUT) && others.length === 0) return;
  throw new UserError(`--out ${folder} holds something else: ${others[0] ?? entries[0]}`, {
    hint: 'Give --out a folder that is empty, not there, or a release.',
    exitCode: 2,
  });
}
