// What the files of the core use: what they include, and what they call.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Uses } from './layers.ts';

// Where an #include "name" is looked for, from the root of the repository.
const INCLUDE_PATHS = ['c/include', 'c/src', 'c'];

interface Source {
  file: string;
  text: string;
}

// Each .c and .h file under c/, and the headers that it includes.
export function readIncludes(root: string): Uses {
  const sources = readSources(root);
  const files = new Set(sources.map(({ file }) => file));
  const resolve = (name: string) =>
    INCLUDE_PATHS.map((folder) => `${folder}/${name}`).find((file) => files.has(file)) ?? name;
  return new Map(
    sources.map(({ file, text }) => [
      file,
      [...text.matchAll(/^#include "([^"]+)"/gm)].map(([, name = '']) => resolve(name)),
    ]),
  );
}

// The same, and for each .c file the files whose functions it calls.
export function readIncludesAndCalls(root: string): Uses {
  const sources = readSources(root);
  const definitions = definedIn(sources);
  const uses = new Map([...readIncludes(root)].map(([file, used]) => [file, new Set(used)]));
  // A header declares what it does not call.
  for (const { file, text } of sources.filter(({ file }) => file.endsWith('.c'))) {
    for (const called of callsIn(text)) {
      const definer = definitions.get(called);
      if (definer && definer !== file) uses.get(file)?.add(definer);
    }
  }
  return new Map([...uses].map(([file, used]) => [file, [...used]]));
}

function readSources(root: string): Source[] {
  const names = readdirSync(path.join(root, 'c'), { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => /\.[ch]$/.test(name))
    .sort()
    .map((name) => ({
      file: `c/${name}`,
      text: withoutComments(readFileSync(path.join(root, 'c', name), 'utf8')),
    }));
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"/g, (found) =>
    found.startsWith('/*') ? ' ' : found,
  );
}

// The file of each function that others can call: a definition begins a line and is not static.
function definedIn(sources: readonly Source[]): Map<string, string> {
  const definitions = new Map<string, string>();
  for (const { file, text } of sources.filter(({ file }) => file.endsWith('.c'))) {
    const found = text.matchAll(/^(?!static)[A-Za-z_][\w *]*?\b(\w+)\([^;{}]*\)\s*\{/gm);
    for (const [, name = ''] of found) definitions.set(name, file);
  }
  return definitions;
}

// What a file calls, less what it defines itself: a static function may have the name of another's.
function callsIn(text: string): Set<string> {
  const called = new Set([...text.matchAll(/\b(\w+)\(/g)].map(([, name = '']) => name));
  for (const [, name = ''] of text.matchAll(/^[A-Za-z_][\w *]*?\b(\w+)\([^;{}]*\)\s*\{/gm)) {
    called.delete(name);
  }
  return called;
}
