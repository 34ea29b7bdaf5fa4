#!/usr/bin/env node
// `npm run data`: writes as many stories of the grammar as asked for. The same seed and size give
// the same bytes on every machine; a smaller text of a seed is the beginning of a larger one.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { isStandardOutput } from '../output.mjs';
import { isMain, runCommand } from './command.mjs';
import { checkTarget, rootDir, writeWhole } from './files.mjs';
import { parseSeed, parseSize, parseWhole, readOptions } from './options.mjs';
import { createTeller } from './story.mjs';

const help = `npm run data -- [--size SIZE] [--seed N] [--names N] [--chains N] [--heroes] [--out FILE]
             [--force]
  Writes stories of the story grammar, one empty line between them.
  --size SIZE   at least this much text, in whole stories: 400KB, 20MB (default 1MB)
  --seed N      which stories, 0 to 4294967295 (default 1)
  --names N     only the N shortest names of girls, and of others in proportion, 1 to 60: a small
                model has a token for each then (default: all names)
  --chains N    so many of a hundred stories are chain tales, in which each sentence names who is
                there: from them a model learns soonest to remember it (default 0)
  --heroes      only stories that keep their hero: which name it again in their second half, or name
                nobody there
  --out FILE    where to (default images/data/stories.txt)
  --force       write over a checkpoint or a log of a training, too
  --help        this text
`;

const chunkSize = 256 * 1024;

// The stories of a seed in chunks for writing, until the text has the size.
/**
 * @param {number} seed
 * @param {number} size
 * @param {(bytes: number) => void} [onBytes]
 * @param {import('./story.mjs').Kind} [kind]
 */
export function* storyChunks(seed, size, onBytes, kind) {
  const tell = createTeller(seed, kind);
  let chunk = '';
  let bytes = 0;
  for (let index = 0; bytes < size; index++) {
    const text = `${index === 0 ? '' : '\n'}${tell(index)}\n`;
    chunk += text;
    bytes += text.length;
    if (chunk.length < chunkSize && bytes < size) continue;
    yield chunk;
    chunk = '';
    onBytes?.(bytes);
  }
}

/** @param {number} size @returns {(bytes: number) => void} */
function progressLine(size) {
  if (!process.stderr.isTTY) return () => {};
  return (bytes) => {
    const percent = Math.min(100, Math.floor((100 * bytes) / size));
    process.stderr.write(`\rwriting stories: ${percent} %${bytes >= size ? '\n' : ''}`);
  };
}

/** @param {string[]} args @param {AbortSignal} signal */
async function main(args, signal) {
  const options = readOptions(args, {
    size: 'string',
    seed: 'string',
    names: 'string',
    chains: 'string',
    heroes: 'boolean',
    out: 'string',
    force: 'boolean',
    help: 'boolean',
  });
  if (options.help) {
    process.stdout.write(help);
    return;
  }
  const size = parseSize(String(options.size ?? '1MB'));
  const seed = parseSeed(String(options.seed ?? '1'));
  const kind = kindOf(options);
  const out = path.resolve(String(options.out ?? defaultOut()));
  await checkTarget(out, options.force === true);
  const say = (await isStandardOutput(out)) ? process.stderr : process.stdout;
  let written = 0;
  const show = progressLine(size);
  const onBytes = (/** @type {number} */ bytes) => {
    written = bytes;
    show(bytes);
  };
  await writeWhole(out, storyChunks(seed, size, onBytes, kind), signal);
  say.write(`${written} bytes of stories, seed ${seed}: ${displayPath(out)}\n`);
}

const MOST_NAMES = 60;

/** @param {Record<string, string | boolean | undefined>} options */
function kindOf({ names, chains, heroes }) {
  return {
    ...(names !== undefined && { names: parseWhole('--names', String(names), 1, MOST_NAMES) }),
    ...(chains !== undefined && { chains: parseWhole('--chains', String(chains), 0, 100) }),
    ...(heroes === true && { heroes }),
  };
}

// Where the text goes when nothing is said: with all else that is made here.
function defaultOut() {
  const folder = path.join(rootDir, 'images', 'data');
  mkdirSync(folder, { recursive: true });
  return path.join(folder, 'stories.txt');
}

/** @param {string} file */
function displayPath(file) {
  const relative = path.relative(process.cwd(), file);
  return relative.startsWith('..') ? file : relative;
}

if (isMain(import.meta.url)) {
  await runCommand('data', main);
}
