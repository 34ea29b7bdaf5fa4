// llama.cpp as npm has it, for the tests: kept in the cache, in a folder of its own, with the pinned
// versions of llama/package-lock.json and without the packages for graphics cards.
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { kept } from '../../scripts/cache.mjs';
import { exec } from '../../ts/support/exec.ts';
import { sha256 } from '../../ts/support/hash.ts';
import { rootDir } from '../../ts/support/paths.ts';

const here = path.join(rootDir, 'tests', 'gguf', 'llama');
const NPM_CI = ['ci', '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund'];

// What positions.c prints.
export interface Positions {
  from: number;
  context: number;
  tokens: number[];
  best: number[];
  loss: number;
}

// What llama.cpp says of the same positions.
export interface Judgement {
  ids: number[];
  best: number[];
  loss: number;
}

// The folder of the packages, installed where they are not there yet.
export async function installLlama(): Promise<string> {
  const lock = await readFile(path.join(here, 'package-lock.json'));
  const make = async (folder: string) => {
    for (const name of ['package.json', 'package-lock.json']) {
      await copyFile(path.join(here, name), path.join(folder, name));
    }
    await exec('npm', NPM_CI, { cwd: folder });
  };
  return kept({ name: `node-llama-cpp/${sha256(lock).slice(0, 16)}`, what: 'llama.cpp', make });
}

// Lets llama.cpp judge the positions of a text.
export async function judgeBy(
  packages: string,
  file: string,
  text: string,
  positions: Positions,
  folder: string,
): Promise<Judgement> {
  await mkdir(folder, { recursive: true });
  const given = path.join(folder, 'positions.json');
  await writeFile(given, JSON.stringify(positions));
  const script = path.join(here, 'judge.mjs');
  const out = path.join(folder, 'judgement.json');
  await exec(process.execPath, [script, packages, file, text, given, out]);
  return JSON.parse(await readFile(out, 'utf8')) as Judgement;
}
