// A text of stories: paragraphs are lines, stories are separated by one empty line. Reading it,
// and the split that the program makes: the last tenth is held out.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { about } from '../failures.mjs';

const handwrittenDir = fileURLToPath(new URL('handwritten/', import.meta.url));

// The stories of a text, in order.
/** @param {string} text @returns {string[]} */
export function splitStories(text) {
  return text
    .split(/\n\n+/)
    .map((story) => story.trim())
    .filter((story) => story !== '');
}

// The handwritten stories, one list for each file (theme), in the order of the file names.
/** @returns {{ theme: string, stories: string[] }[]} */
export function readHandwritten() {
  const names = readdirSync(handwrittenDir).filter((name) => name.endsWith('.txt'));
  return names.sort().map((name) => ({
    theme: path.basename(name, '.txt'),
    stories: splitStories(readFileSync(path.join(handwrittenDir, name), 'utf8')),
  }));
}

// The two parts of a text as the program splits it: nine tenths for training, one tenth held out.
/** @param {string} text */
export function splitText(text) {
  const middle = Math.floor((text.length * 9) / 10);
  return { training: text.slice(0, middle), heldOut: text.slice(middle) };
}

// The text of a file.
/** @param {string} file */
export function readText(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw about(file, error);
  }
}
